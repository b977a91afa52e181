"""A webhook's receiver may be slow, dead, lying or malicious: nothing is harmed, and nothing is lost."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dialer.core.ids import CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.messages import SaveCall
from dialer.core.model import CallRecord, Campaign, Mode
from dialer.store import JournalEntry, Store
from dialer.store.codec import encode
from dialer.store.webhooks import Webhook
from dialer.telling.outward import NAMES_AT_ONCE, Outward, OutwardError, OutwardSettings, _Guarded, check_url
from dialer.telling.webhooks import WAITS_S, Teller, signature
from tests.new_database import new_database
from tests.telling.receiver import receiver

NOW = 1_795_000_000.0
HERE = OutwardSettings(allow=("127.0.0.0/8",))


@dataclass
class House:
    """A store with a journal that is written by hand, and a teller whose clock is moved by hand."""

    store: Store
    teller: Teller
    campaign: Campaign
    now: float = NOW

    def record(self, call: int, **fields: float | str) -> CallRecord:
        bare = CallRecord(
            id=CallId(call),
            campaign=self.campaign.id,
            client=self.campaign.client,
            mode=Mode.PREDICTIVE,
            lead=LeadId(1),
            person=PersonId(1),
            phone=PhoneId(1),
            number="+525512340001",
            trunk="carrier",
            caller_id="",
            reserved_at=NOW,
            placed_at=NOW,
        )
        return replace(bare, **fields)  # type: ignore[arg-type]  # fields of the record

    async def journal(self, *records: CallRecord) -> None:
        entries = [JournalEntry(self.now, "command", encode(SaveCall(one))) for one in records]
        await self.store.apply([], entries, self.now)

    async def hook(self, url: str, **fields: object) -> Webhook:
        bare = Webhook(name="crm", url=url, secret="whs_secret", created_at=NOW)
        return await self.store.webhooks.save(replace(bare, **fields))  # type: ignore[arg-type]

    async def tell(self, hook: Webhook) -> None:
        """All that may be told now, in order, as the teller does it."""
        await self.teller.feed()
        await self.teller._send(hook)

    async def waiting(self, hook: Webhook) -> int:
        return (await self.store.webhooks.counts()).get(hook.id, {}).get("waiting", 0)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with new_house(tmp_path) as made:
        yield made


@asynccontextmanager
async def new_house(folder: Path) -> AsyncIterator[House]:
    async with await Store.open(new_database(folder / "day.db")) as store:
        client = await store.clients.add("Bank")
        campaign = await store.campaigns.save(
            Campaign(id=CampaignId(0), client=ClientId(client.id), name="Spring", mode=Mode.PREDICTIVE)
        )
        await store.begin_run(NOW)
        made = House(store, Teller(store, lambda: made.now, HERE), campaign)
        await made.teller.feed()  # what comes from here on is told
        yield made
        await made.teller._outward.close()


async def test_what_is_told_is_signed_and_in_the_order_of_each_call(house: House) -> None:
    async with receiver() as there:
        hook = await house.hook(there.url)
        await house.journal(
            house.record(1),
            house.record(2),
            house.record(1, answered_at=NOW + 1),
            house.record(1, answered_at=NOW + 1, ended_at=NOW + 9),
            house.record(2, ended_at=NOW + 9),
        )
        await house.tell(hook)
    told = [(body["data"]["id"], body["kind"]) for _, body in there.got]
    assert [kind for call, kind in told if call == 1] == ["call.placed", "call.answered", "call.ended"]
    assert [kind for call, kind in told if call == 2] == ["call.placed", "call.ended"]
    assert await house.waiting(hook) == 0
    headers, body = there.got[0]
    parts = dict(part.split("=") for part in headers["cadencia-signature"].split(","))
    text = json.dumps(body, ensure_ascii=False).encode()
    wanted = hmac.new(b"whs_secret", f"{parts['t']}.".encode() + text, hashlib.sha256).hexdigest()
    assert parts["v1"] == wanted == signature("whs_secret", int(parts["t"]), text).split("v1=")[1]


@pytest.mark.parametrize("bad", ["500", "hang", "drop", "nonsense", "endless", "redirect", "404"])
async def test_a_bad_receiver_harms_nothing_and_gets_all_when_it_is_well_again(house: House, bad: str) -> None:
    async with receiver() as there:
        hook = await house.hook(there.url)
        there.answer = bad
        patience_s = house.teller._outward._timeout_s
        if bad == "hang":  # the others answer; on a busy machine they may take longer than this
            house.teller._outward._timeout_s = 0.3
        for call in range(1, 4):
            await house.journal(house.record(call), house.record(call, ended_at=NOW + call))
        await house.tell(hook)
        assert await house.waiting(hook) == 6
        assert there.got == []
        there.answer = "200"
        house.teller._outward._timeout_s = patience_s
        house.now += WAITS_S[0] + 1
        await house.tell(hook)
    told = [(body["data"]["id"], body["kind"]) for _, body in there.got]
    assert sorted(told) == sorted((call, kind) for call in range(1, 4) for kind in ("call.placed", "call.ended"))
    for call in range(1, 4):
        assert [kind for one, kind in told if one == call] == ["call.placed", "call.ended"]
    assert await house.waiting(hook) == 0


async def test_slow_receivers_leave_the_others_their_way_out(house: House) -> None:
    async with receiver() as slow, receiver() as slower, receiver() as well:
        slow.answer = slower.answer = "hang"
        hooks = [await house.hook(one.url, name=f"hook {n}") for n, one in enumerate((slow, slower, well))]
        await house.journal(*(house.record(call) for call in range(1, 21)))
        await house.teller.feed()
        hanging = [asyncio.create_task(house.teller._send(hook)) for hook in hooks[:2]]
        await slow.told.wait()
        await slower.told.wait()
        await house.teller._send(hooks[2])
        assert [await house.waiting(hook) for hook in hooks] == [20, 20, 0]
        assert len(well.got) == 20
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_dead_receiver_is_given_up_after_a_day_and_told_by_hand(house: House) -> None:
    async with receiver() as there:
        there.answer = "503"
        hook = await house.hook(there.url)
        await house.journal(house.record(1))
        for wait in (*WAITS_S, 0.0):
            await house.tell(hook)
            house.now += wait + 1
        assert house.now - NOW > 86_000
        [dead] = await house.store.webhooks.dead(hook.id)
        assert (dead.kind, dead.error, await house.waiting(hook)) == ("call.placed", "answered 503", 0)
        there.answer = "200"
        assert await house.store.webhooks.revive(hook.id, house.now) == 1
        await house.tell(hook)
    assert len(there.got) == 1
    assert await house.store.webhooks.dead(hook.id) == ()


def test_nobody_waits_longer_than_an_hour_for_a_receiver_that_is_back() -> None:
    assert max(WAITS_S) <= 3600.0


async def test_what_nobody_takes_is_let_go_of_by_hand_and_after_a_month(house: House) -> None:
    hook = await house.hook("http://127.0.0.1:1/")
    await house.journal(house.record(1), house.record(2), house.record(3))
    await house.teller.feed()
    first, second, third = await house.store.webhooks.due(hook.id, house.now)
    await house.store.webhooks.failed(first, "answered 503", None)
    assert await house.store.webhooks.let_go(hook.id) == 1
    await house.store.webhooks.failed(second, "answered 503", None)
    assert await house.store.webhooks.remove_before(NOW) == 0
    assert await house.store.webhooks.remove_before(NOW + 1) == 2
    assert await house.store.webhooks.counts() == {}
    assert third.subject == "call 3"


async def test_what_waits_outlives_the_process(tmp_path: Path) -> None:
    async with receiver() as there:
        there.answer = "500"
        async with new_house(tmp_path) as house:
            hook = await house.hook(there.url)
            await house.journal(house.record(1))
            await house.tell(hook)
        there.answer = "200"
        async with await Store.open(f"sqlite:///{tmp_path / 'day.db'}") as store:
            teller = Teller(store, lambda: NOW + 60, HERE)
            await teller.feed()
            await teller._send(hook)
            await teller._outward.close()
    assert [body["kind"] for _, body in there.got] == ["call.placed"]


async def test_one_is_told_of_its_kinds_and_its_clients_alone(house: House) -> None:
    other = await house.store.clients.add("Other")
    async with receiver() as there:
        mine = await house.hook(there.url, kinds="call.ended", client=house.campaign.client)
        await house.store.webhooks.save(
            Webhook(name="other", url=there.url, secret="x", client=other.id, created_at=NOW)
        )
        await house.journal(house.record(1), house.record(1, ended_at=NOW + 1))
        await house.tell(mine)
    assert [body["kind"] for _, body in there.got] == ["call.ended"]
    assert sum(sum(one.values()) for one in (await house.store.webhooks.counts()).values()) == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
        "http://2130706433:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://[fd00::1]/",
    ],
)  # fmt: skip
async def test_nothing_inside_the_house_is_asked(url: str) -> None:
    async with receiver() as there:
        outward = Outward(OutwardSettings(), timeout_s=2.0)
        with pytest.raises(OutwardError):
            await outward.post(url.format(port=there.port), b"{}", {})
        await outward.close()
    assert there.got == []


async def test_a_name_server_that_hangs_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are checked in the loop's own few threads: a name that is never found must not take them."""
    asked, let_go, real = list[str](), threading.Event(), socket.getaddrinfo

    def hanging(host: str, *given: object, **named: object) -> object:
        if not host.endswith(".example"):
            return real(host, *given, **named)  # type: ignore[arg-type]
        asked.append(host)
        let_go.wait(60)
        raise OSError("nobody answers")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    try:
        async with receiver() as well:
            outward = Outward(HERE, timeout_s=0.2)
            hanging_too = [outward.post(f"http://slow{n % 3}.example/", b"{}", {}) for n in range(60)]
            tries = await asyncio.gather(*hanging_too, return_exceptions=True)
            assert all(isinstance(one, OutwardError) for one in tries)
            assert sorted(asked) == ["slow0.example", "slow1.example", "slow2.example"]
            async with asyncio.timeout(10):
                assert await asyncio.to_thread(lambda: "checked") == "checked"
                assert await outward.post(f"http://localhost:{well.port}/", b"{}", {}) == 200
            more = [outward.post(f"http://more{n}.example/", b"{}", {}) for n in range(NAMES_AT_ONCE)]
            refused = [str(one) for one in await asyncio.gather(*more, return_exceptions=True)]
            assert sum("the name servers are slow" in one for one in refused) == 3
            let_go.set()
            await outward.close()
    finally:
        let_go.set()


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::8.8.8.8", True), ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::127.0.0.1", False), ("2002:7f00:1::1", False), ("2002:a9fe:a9fe::", False),
        ("::ffff:10.0.0.1", False),
        ("ff02::1", False), ("224.0.0.1", False), ("::", False),
    ],
)  # fmt: skip
def test_an_address_that_carries_another_is_taken_for_that(address: str, may: bool) -> None:
    assert _Guarded(())._may(ipaddress.ip_address(address)) is may


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/", "file:///etc/passwd", "http://", "http://user:pass@host/", "http://host:99999/", "x",
        "http://h /", "https://ñandú.example/", "https://host/señal",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(OutwardError):
        check_url(url)
