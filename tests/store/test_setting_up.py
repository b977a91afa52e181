"""Laws of what is configured: it comes back as it was saved, and names are given once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CampaignId, ClientId, LeadId
from dialer.core.model import Agent, Campaign, CampaignStatus, Mode, Recycling
from dialer.core.rules import Rules, Window
from dialer.core.screen_pop import Opens, ScreenPop
from dialer.errors import StoreError
from dialer.store import (
    AgentLogin,
    AuditEntry,
    ConflictError,
    DoNotCallEntry,
    NotFoundError,
    Role,
    Store,
    Token,
    User,
)
from pacing import Rule, Settings
from tests.store.world import NOW, World, campaign_of


async def test_clients_by_name(store: Store) -> None:
    lender = await store.clients.add("lender")
    assert await store.clients.by_name("lender") == lender
    assert await store.clients.by_name("other") is None
    with pytest.raises(ConflictError, match="lender"):
        await store.clients.add("lender")
    assert await store.clients.list() == (lender,)
    wanted = replace(lender, name="bank", screen_pop=ScreenPop(template="https://crm.example/{lead}", opens=Opens.TAB))
    await store.clients.change(wanted)
    assert await store.clients.get(lender.id) == wanted
    other = await store.clients.add("other")
    with pytest.raises(ConflictError, match="bank"):
        await store.clients.change(replace(other, name="bank"))
    with pytest.raises(NotFoundError):
        await store.clients.change(replace(other, id=ClientId(99), name="nobody"))


async def test_a_campaign_comes_back_with_every_setting(store: Store) -> None:
    client = await store.clients.add("lender")
    campaign = Campaign(
        id=CampaignId(0),
        client=client.id,
        name="spring",
        mode=Mode.PREVIEW,
        trunks=("one", "two"),
        pacing=Settings(abandon_cap=0.01, rules=(Rule(0.02),)),
        rules=Rules(name="MX", windows=(Window((0, 1), 540, 600),), person_dials_7d_max=None),
        recycling=(("busy", Recycling(60.0)), ("PTP", Recycling(None))),
    )
    saved = await store.campaigns.save(campaign)
    assert saved == replace(campaign, id=saved.id)
    assert await store.campaigns.get(saved.id) == saved
    assert await store.campaigns.by_name("spring") == saved
    assert await store.campaigns.list(client=ClientId(client.id + 1)) == ()


async def test_a_campaign_is_found_by_name_before_number(world: World) -> None:
    campaigns = world.store.campaigns
    second = await campaigns.save(campaign_of(str(world.campaign.id), world.campaign.client))
    assert await campaigns.find(str(world.campaign.id)) == second
    assert await campaigns.find("spring") == world.campaign
    assert await campaigns.find(str(second.id)) == second
    with pytest.raises(NotFoundError, match=r"there are: .*spring"):
        await campaigns.find("winter")


async def test_a_campaign_changes_under_its_id(world: World) -> None:
    campaigns = world.store.campaigns
    changed = await campaigns.save(replace(world.campaign, lines_max=7, name="summer"))
    assert await campaigns.list() == (changed,)
    await campaigns.set_status(changed.id, CampaignStatus.RUNNING)
    assert await campaigns.get(changed.id) == replace(changed, status=CampaignStatus.RUNNING, version=2)


async def test_two_who_change_a_campaign_at_once_do_not_overwrite_each_other(world: World) -> None:
    campaigns = world.store.campaigns
    changed = await campaigns.save(replace(world.campaign, lines_max=7))
    with pytest.raises(ConflictError, match="changed by somebody else"):
        await campaigns.save(replace(world.campaign, caller_id="+525512345678"))
    assert await campaigns.get(changed.id) == changed
    await campaigns.set_status(changed.id, CampaignStatus.RUNNING)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        await campaigns.save(replace(changed, lines_max=8))
    again = await campaigns.get(changed.id)
    assert again is not None
    assert (await campaigns.save(replace(again, lines_max=8))).status is CampaignStatus.RUNNING


async def test_names_of_campaigns_are_given_once(world: World) -> None:
    with pytest.raises(ConflictError, match="spring"):
        await world.store.campaigns.save(campaign_of("spring", world.campaign.client))
    with pytest.raises(ConflictError):
        await world.store.campaigns.save(campaign_of("autumn", ClientId(99)))


def _login(login: str, code: str = "", name: str = "Ana", campaigns: tuple[CampaignId, ...] = ()) -> AgentLogin:
    agent = Agent(id=AgentId(0), name=name, campaigns=campaigns, endpoint="PJSIP/1")
    return AgentLogin(agent=agent, login=login, code=code, pin_hash="p", password_hash="w")


async def test_agents_by_id_login_and_code(world: World) -> None:
    agents = world.store.agents
    ana = await agents.save(_login("ana", "1001", campaigns=(world.campaign.id,)))
    bea = await agents.save(_login("bea", name="Bea"))
    cora = await agents.save(_login("cora", name="Cora"))  # no code either: not the same one
    assert await agents.list() == (ana, bea, cora)
    assert await agents.get(ana.agent.id) == await agents.by_login("ana") == await agents.by_code("1001") == ana
    assert await agents.by_code("9") is None
    away = await agents.save(replace(ana, active=False, agent=replace(ana.agent, campaigns=())))
    assert await agents.get(ana.agent.id) == away


@pytest.mark.parametrize(
    "second", [_login("ana"), _login("other", "1001"), _login("third", campaigns=(CampaignId(9),))]
)
async def test_logins_and_codes_are_given_once(store: Store, second: AgentLogin) -> None:
    await store.agents.save(_login("ana", "1001"))
    with pytest.raises(ConflictError):
        await store.agents.save(second)
    assert len(await store.agents.list()) == 1


async def test_users_by_id_and_login(store: Store) -> None:
    user = User(login="eva", name="Eva", role=Role.SUPERVISOR, password_hash="w")
    eva = await store.users.save(user)
    assert await store.users.get(eva.id) == await store.users.by_login("eva") == eva
    assert await store.users.save(replace(eva, role=Role.ANALYST, active=False)) == (await store.users.list())[0]
    with pytest.raises(ConflictError, match="eva"):
        await store.users.save(user)


async def test_tokens_live_until_they_expire_or_are_removed(store: Store) -> None:
    eva = await store.users.save(User(login="eva", name="Eva", role=Role.ANALYST, password_hash="w"))
    ana = (await store.agents.save(_login("ana"))).agent
    session = Token(
        digest="d1", kind="session", role="analyst", name="Eva", created_at=NOW, user=eva.id, expires_at=NOW + 60
    )
    lasting = Token(digest="d2", kind="api", role="agent", name="Ana", created_at=NOW + 1, agent=ana.id)
    for token in (session, lasting):
        await store.tokens.add(token)
    assert await store.tokens.list() == (session, lasting)
    assert await store.tokens.get("d1", NOW + 59) == session
    assert await store.tokens.get("d1", NOW + 60) is None
    assert await store.tokens.get("d2", NOW + 1e9) == lasting
    await store.tokens.remove_expired(NOW + 60)
    assert await store.tokens.list() == (lasting,)
    await store.tokens.remove_of(user=eva.id)
    assert await store.tokens.list() == (lasting,)
    await store.tokens.remove_of(agent=ana.id)
    await store.tokens.remove("unknown")
    assert await store.tokens.list() == ()


async def test_the_audit_trail_is_read_newest_first(store: Store) -> None:
    for n in range(3):
        await store.audit.add(AuditEntry(at=NOW + n, by_whom="eva", action=f"did {n}", detail='{"n": 1}'))
    first = await store.audit.page(limit=2)
    assert [entry.action for entry in first] == ["did 2", "did 1"]
    assert [entry.action for entry in await store.audit.page(before=first[-1].id)] == ["did 0"]


async def test_do_not_call_lists(store: Store) -> None:
    numbers = [f"+5255500{n:05d}" for n in range(5)]
    assert await store.do_not_call.add(numbers, "register", NOW) == 5
    assert await store.do_not_call.add(numbers[:2], "register", NOW) == 0
    assert await store.do_not_call.add(numbers[:1], "asked", NOW) == 1
    assert await store.do_not_call.lists_of(numbers[0]) == ("asked", "register")
    assert await store.do_not_call.among(["+1", *numbers[3:]]) == frozenset(numbers[3:])
    first = await store.do_not_call.list(limit=1)
    assert first == tuple(
        DoNotCallEntry(number=numbers[0], source=source, added_at=NOW, call=None) for source in ("asked", "register")
    )
    assert [entry.number for entry in await store.do_not_call.list(after=numbers[0])] == numbers[1:]
    assert await store.do_not_call.remove(numbers[0], "asked", now=NOW) == 1
    assert await store.do_not_call.remove(numbers[0], now=NOW) == 1
    assert await store.do_not_call.lists_of(numbers[0]) == ()


@pytest.mark.parametrize(
    "doing",
    [
        lambda store: store.campaigns.set_status(CampaignId(9), CampaignStatus.PAUSED),
        lambda store: store.campaigns.save(replace(campaign_of("spring", ClientId(1)), id=CampaignId(9))),
        lambda store: store.agents.save(replace(_login("a"), agent=Agent(id=AgentId(9), name="", campaigns=()))),
        lambda store: store.users.save(User(id=9, login="a", name="", role=Role.ANALYST, password_hash="")),
        lambda store: store.leads.withdraw(LeadId(9)),
        lambda store: store.leads.set_priority(LeadId(9), 1),
        lambda store: store.imports.undo(9, NOW),
    ],
)
async def test_what_is_not_there_cannot_be_changed(store: Store, doing: Callable[[Store], Awaitable[object]]) -> None:
    with pytest.raises(NotFoundError):
        await doing(store)
    assert issubclass(NotFoundError, StoreError)
