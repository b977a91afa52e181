"""Which lists forbid a number: whom a list holds for, when an entry ends, digests, beginnings, whole loads."""

import hashlib
from dataclasses import replace

import pytest

from dialer.core.ids import LeadId
from dialer.core.messages import AddDoNotCall, CallReserved, RestPhone, SaveCall, SaveLead, SavePhone
from dialer.core.packs.schema import Purpose
from dialer.store import DoNotCallList
from dialer.store.forbidden import digest
from tests.store.world import DAY, HOUR, NOW, World, campaign_of

NUMBER, OTHER = "+525512345678", "+525587654321"


async def forbids(world: World, number: str = NUMBER, *, now: float = NOW) -> tuple[str, ...]:
    """As a reservation by the world's campaign finds it."""
    return await world.store.do_not_call.lists_of(number, campaign=world.campaign.id, now=now)


async def test_a_list_of_one_campaign_leaves_the_others_alone(world: World) -> None:
    other = await world.second_campaign()
    await world.store.do_not_call.define(DoNotCallList(name="own", campaign=world.campaign.id), NOW)
    await world.store.do_not_call.add([NUMBER], "own", NOW)
    assert await forbids(world) == ("own",)
    assert await forbids(world.of(other)) == ()


async def test_a_list_of_one_client_holds_in_all_its_campaigns_and_in_no_other(world: World) -> None:
    other = await world.second_campaign()
    bank = await world.store.clients.add("bank")
    elsewhere = await world.store.campaigns.save(campaign_of("bank", bank.id))
    await world.store.do_not_call.define(DoNotCallList(name="own", client=world.campaign.client), NOW)
    await world.store.do_not_call.add([NUMBER], "own", NOW)
    assert await forbids(world.of(other)) == ("own",)
    assert await forbids(world.of(elsewhere)) == ()


async def test_a_list_may_hold_for_some_purposes_alone(world: World) -> None:
    ads = await world.store.campaigns.save(
        replace(campaign_of("ads", world.campaign.client), purpose=Purpose.TELEMARKETING)
    )
    await world.store.do_not_call.define(DoNotCallList(name="reus", purposes=("telemarketing", "survey")), NOW)
    await world.store.do_not_call.add([NUMBER], "reus", NOW)
    assert await forbids(world) == ()
    assert await forbids(world.of(ads)) == ("reus",)


async def test_an_entry_ends_and_is_let_go_of(world: World) -> None:
    kept = world.store.do_not_call
    await kept.add([NUMBER], "house", NOW, expires_at=NOW + DAY)
    await kept.add_prefixes(["+5255876"], "house", NOW, expires_at=NOW + DAY)
    for number in (NUMBER, OTHER):
        assert await forbids(world, number, now=NOW + DAY - 1) == ("house",)
        assert await forbids(world, number, now=NOW + DAY) == ()
    assert await kept.remove_expired(NOW + DAY - 1) == 0
    assert await kept.remove_expired(NOW + DAY) == 2


@pytest.mark.parametrize("number", [NUMBER, None], ids=["number", "of the call"])
@pytest.mark.parametrize("ends", [NOW - 1, NOW + DAY])
async def test_who_opts_out_is_not_called_again_though_an_entry_ends(
    world: World, number: str | None, ends: float
) -> None:
    await world.store.do_not_call.add([NUMBER], "opt_out", NOW - DAY, expires_at=ends)
    await opted_out(world, number)
    assert await forbids(world, now=NOW + 2 * DAY) == ("opt_out",)
    await world.store.do_not_call.remove_expired(NOW + 2 * DAY)
    assert await forbids(world, now=NOW + 2 * DAY) == ("opt_out",)


@pytest.mark.parametrize("number", [NUMBER, None], ids=["number", "of the call"])
async def test_who_opts_out_is_on_a_hashed_list_too(world: World, number: str | None) -> None:
    await world.store.do_not_call.define(DoNotCallList(name="opt_out", hashing="sha256", salt="s"), NOW)
    await opted_out(world, number)
    assert await forbids(world) == ("opt_out",)
    assert [one.number for one in await world.store.do_not_call.list()] == [digest(NUMBER, "sha256", "s")]


async def opted_out(world: World, number: str | None) -> None:
    """The person of a call that was placed opts out in it."""
    await world.add_lead(NUMBER)
    lead = await world.claim_one()
    wish = world.ask(lead)
    await world.tell(wish, SaveCall(world.record(wish.call, lead)))
    await world.tell(AddDoNotCall(number, "opt_out", wish.call))


@pytest.mark.parametrize("hashing", ["sha256", "sha1", "md5", "sha512", "sha256:digits", "sha1:national"])
async def test_a_hashed_list_holds_digests_alone(world: World, hashing: str) -> None:
    kept = world.store.do_not_call
    await kept.define(DoNotCallList(name="register", hashing=hashing, salt="pepper"), NOW)
    assert await kept.add([NUMBER], "register", NOW) == 1
    assert await kept.add([digest(OTHER, hashing, "pepper")], "register", NOW, hashed=True) == 1
    assert await forbids(world) == await forbids(world, OTHER) == ("register",)
    assert not {NUMBER, OTHER} & {entry.number for entry in await kept.list()}
    # A plain list's entry that looks like the digest is none.
    await kept.remove(NUMBER, now=NOW)
    await kept.add([digest(NUMBER, hashing, "pepper")], "plain", NOW)
    assert await forbids(world) == ()
    with pytest.raises(ValueError, match="hashed otherwise"):
        await kept.define(DoNotCallList(name="register"), NOW)


@pytest.mark.parametrize(
    ("hashing", "written"),
    [("sha256", "+525512345678"), ("md5:digits", "525512345678"), ("sha1:national", "5512345678")],
)
async def test_a_registers_own_digests_forbid_the_number_however_it_was_written(
    world: World, hashing: str, written: str
) -> None:
    kept, theirs = world.store.do_not_call, hashlib.new(hashing.partition(":")[0], f"pepper{written}".encode())
    await kept.define(DoNotCallList(name="register", hashing=hashing, salt="pepper"), NOW)
    await kept.add([theirs.hexdigest()], "register", NOW, hashed=True)
    assert (await forbids(world), await forbids(world, OTHER)) == (("register",), ())


@pytest.mark.parametrize(
    ("prefix", "forbidden"), [("+52", True), ("+5255123456", True), (NUMBER, True), ("+525513", False), ("+5", True)]
)
async def test_a_beginning_forbids_all_that_begins_so(world: World, prefix: str, *, forbidden: bool) -> None:
    await world.store.do_not_call.add_prefixes([prefix], "area", NOW)
    assert await forbids(world) == (("area",) if forbidden else ())
    assert await world.store.do_not_call.remove(prefix, now=NOW) == 1
    assert await forbids(world) == ()


async def test_a_whole_load_takes_off_what_it_does_not_hold(world: World) -> None:
    kept = world.store.do_not_call
    numbers = [f"+52551{n:07d}" for n in range(5000)]
    assert await kept.add(numbers, "register", NOW, whole=True) == 5000
    await kept.add([NUMBER], "house", NOW)
    assert await kept.add([*numbers[4000:], OTHER], "register", NOW + 1, whole=True) == 1
    assert await kept.count("register") == 1001
    assert await forbids(world) == ("house",)
    assert await forbids(world, numbers[3999]) == ()
    assert await forbids(world, numbers[4000]) == ("register",)


async def test_a_whole_load_that_is_cut_off_takes_nothing_off(world: World) -> None:
    kept = world.store.do_not_call

    def cut_off() -> object:
        yield OTHER
        raise OSError("the disk is gone")

    await kept.add([NUMBER], "register", NOW, whole=True)
    with pytest.raises(OSError, match="the disk is gone"):
        await kept.add(cut_off(), "register", NOW, whole=True)  # type: ignore[arg-type]
    assert await forbids(world) == ("register",)
    assert await kept.add([OTHER], "register", NOW, whole=True) == 1
    assert await forbids(world) == ()


async def test_a_reservation_finds_a_list_of_its_own_campaign(world: World) -> None:
    other = await world.second_campaign()
    await world.store.do_not_call.define(DoNotCallList(name="own", campaign=other.id), NOW)
    await world.add_lead(NUMBER)
    lead = await world.claim_one()
    for lists, now in (((), NOW), (("own", "own2"), NOW)):
        answer = await world.reserve(lead, now=now)
        assert isinstance(answer, CallReserved)
        assert answer.facts.do_not_call == lists
        await world.release(answer.call)
        await world.store.do_not_call.define(DoNotCallList(name="own", campaign=world.campaign.id), NOW)
        await world.store.do_not_call.add([NUMBER], "own", NOW)
        await world.store.do_not_call.add([NUMBER], "own2", NOW)


async def test_a_list_is_done_away_with(world: World) -> None:
    kept = world.store.do_not_call
    await kept.define(DoNotCallList(name="own", client=world.campaign.client), NOW)
    await kept.add([NUMBER, OTHER], "own", NOW)
    await kept.add_prefixes(["+1"], "own", NOW)
    await kept.add([NUMBER], "house", NOW)
    assert [(one.name, one.numbers, one.prefixes) for one in await kept.lists()] == [("house", 1, 0), ("own", 2, 1)]
    assert await kept.remove_list("own", NOW) == 3
    assert [one.name for one in await kept.lists()] == ["house"]


@pytest.mark.parametrize("ends", [NOW + HOUR, NOW + 3 * DAY])
async def test_to_be_told_again_never_weakens_an_entry(world: World, ends: float) -> None:
    kept = world.store.do_not_call
    for number, beginning, until in ((NUMBER, "+5255", None), (OTHER, "+5256", NOW + 2 * DAY)):
        await kept.add([number], "house", NOW, expires_at=until)
        await kept.add_prefixes([beginning], "house", NOW, expires_at=until)
        await kept.add([number], "house", NOW, expires_at=ends)
        await kept.add_prefixes([beginning], "house", NOW, expires_at=ends)
    later = max(ends, NOW + 2 * DAY)
    assert await forbids(world, now=later + DAY) == ("house",)
    assert await forbids(world, "+525600000001", now=later - 1) == ("house",)
    assert await forbids(world, "+525600000001", now=later) == ()
    assert [one.expires_at for one in await kept.list()] == [None, later]
    await kept.add([OTHER], "house", NOW)
    assert [one.expires_at for one in await kept.list()] == [None, None]


async def test_a_reservation_tells_which_lists_are_loaded_and_hold(world: World) -> None:
    kept, client = world.store.do_not_call, world.campaign.client
    other = await world.second_campaign()
    await kept.define(DoNotCallList(name="own", campaign=other.id), NOW)
    await kept.define(DoNotCallList(name="ads", purposes=("telemarketing",)), NOW)
    await kept.define(DoNotCallList(name="bank", client=client), NOW)
    for name in ("own", "ads", "bank", "register"):
        await kept.add([OTHER], name, NOW - DAY, loading=True)
    await kept.add([OTHER], "one by one", NOW - DAY)
    await kept.waive("not needed", "counsel, 2026-03-01", NOW - DAY)
    await kept.waive("needed", "counsel", NOW - DAY)
    await kept.waive("needed", "", NOW - DAY)
    await world.add_lead(NUMBER)
    answer = await world.reserve(await world.claim_one())
    assert isinstance(answer, CallReserved)
    assert answer.facts.lists == (("bank", NOW - DAY), ("not needed", NOW), ("register", NOW - DAY))
    assert answer.facts.lists == await kept.loaded(world.campaign.id, NOW)


@pytest.mark.parametrize("scope", ["client", "campaign"])
async def test_who_opts_out_of_a_client_or_a_campaign_may_be_called_by_others(world: World, scope: str) -> None:
    neighbour = await world.second_campaign()
    bank = await world.store.clients.add("bank")
    stranger = await world.store.campaigns.save(campaign_of("bank", bank.id))
    name = f"opt_out.{scope}-1"
    of_client = AddDoNotCall(NUMBER, name, client=world.campaign.client)
    of_campaign = AddDoNotCall(NUMBER, name, campaign=world.campaign.id)
    for _ in range(2):
        await world.tell(of_client if scope == "client" else of_campaign)
    assert await forbids(world) == (name,)
    assert await forbids(world.of(neighbour)) == ((name,) if scope == "client" else ())
    assert await forbids(world.of(stranger)) == ()


async def lead_stands(world: World, lead: LeadId) -> tuple[str, str]:
    view = await world.store.leads.view(lead)
    assert view is not None
    return view.state.value, view.result


async def given_up(world: World, number: str = NUMBER) -> LeadId:
    """A lead that a claim found to have no number that may be called."""
    lead = await world.add_lead(number)
    assert (await world.claim()).leads == ()
    assert await lead_stands(world, lead) == ("finished", "no_number")
    return lead


@pytest.mark.parametrize("way", ["number", "every list", "list", "whole", "scope"])
async def test_a_number_that_is_off_the_list_brings_its_lead_back(world: World, way: str) -> None:
    kept, other = world.store.do_not_call, await world.second_campaign()
    await kept.add([NUMBER], "house", NOW)
    lead = await given_up(world)
    if way == "number":
        await kept.remove(NUMBER, "house", now=NOW + 1)
    elif way == "every list":
        await kept.remove(NUMBER, now=NOW + 1)
    elif way == "list":
        await kept.remove_list("house", NOW + 1)
    elif way == "whole":
        await kept.add([OTHER], "house", NOW + 1, whole=True)
    else:
        await kept.define(DoNotCallList(name="house", campaign=other.id), NOW + 1)
    assert await lead_stands(world, lead) == ("open", "")
    assert [one.id for one in (await world.claim(now=NOW + 1)).leads] == [lead]


async def test_a_number_that_another_list_forbids_brings_nothing_back(world: World) -> None:
    kept = world.store.do_not_call
    for name in ("house", "register"):
        await kept.add([NUMBER], name, NOW)
    lead = await given_up(world)
    await kept.remove(NUMBER, "house", now=NOW + 1)
    assert await lead_stands(world, lead) == ("finished", "no_number")
    await kept.remove(NUMBER, "register", now=NOW + 1)
    assert await lead_stands(world, lead) == ("open", "")


async def test_a_finished_lead_stays_finished_when_its_number_is_off_a_list(world: World) -> None:
    await world.store.do_not_call.add([NUMBER], "house", NOW)
    lead = await world.add_lead(NUMBER)
    await world.tell(SaveLead(lead, 1, None, "PTP"))
    await world.store.do_not_call.remove(NUMBER, now=NOW + 1)
    assert await lead_stands(world, lead) == ("finished", "PTP")


@pytest.mark.parametrize(("quality", "wakes"), [("", True), ("suspect", False)])
async def test_a_number_that_rests_because_a_list_forbade_it_wakes(world: World, quality: str, *, wakes: bool) -> None:
    await world.store.do_not_call.add([NUMBER], "house", NOW, expires_at=NOW + 9 * DAY)
    lead = await world.add_lead(NUMBER)
    [claimed] = (await world.claim()).leads
    await world.tell(SavePhone(claimed.phone, quality, 0, 1, 0, NOW), RestPhone(claimed.phone, NOW + DAY))
    await world.tell(SaveLead(lead, 0, NOW, ""))
    assert (await world.claim()).leads == ()
    assert await lead_stands(world, lead) == ("open", "number_not_due")
    await world.store.do_not_call.remove(NUMBER, now=NOW + 1)
    assert bool((await world.claim(now=NOW + 1)).leads) is wakes
