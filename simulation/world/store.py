"""The store of the simulated world: leads, locks, do-not-call and the history of dials, in memory.

It answers commands with events and refuses what must not be; what is due and who may be dialled it reports as facts.
Of a lead nothing is kept before it is claimed, and where nobody checks the records only the newest of them are.
"""

import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.lines_out import LineOut
from dialer.core.messages import (
    AddDoNotCall,
    CallbacksClaimed,
    CallerFound,
    CallReserved,
    ClaimCallbacks,
    ClaimLeads,
    DeferLead,
    Event,
    FindCaller,
    LeadsClaimed,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    Restored,
    RestPhone,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveCallerIdRest,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SaveLineOut,
    SavePhone,
    SaveReceipt,
    SaveSpell,
    StoreCommand,
)
from dialer.core.model import CallRecord, DecisionRecord, DialFacts, Lead, Mode, Spell
from dialer.core.packs.schema import STOPS, Stop
from dialer.core.quality import DEAD, Quality
from simulation.world.chance import Chance
from simulation.world.due import DueLeads
from simulation.world.keeping import Kept, Reservation, StoredLead
from simulation.world.lists import NUMBERS_MAX, ListOrder, Lists
from simulation.world.shelf import Shelf

DAY_S = 86_400.0
FINISHED_MAX = 2000  # records that a new process is warmed with
CALLED_SHARE = 0.8  # of callers: people whom we called lately
KEPT_MAX = 4_000  # of each kind of record, where older ones are forgotten


class Store:
    """Everything durable. A command takes effect when `execute` is called: whoever calls it brings the latency."""

    def __init__(self, lists: Lists | None = None, *, opens_at: float = 0.0, keep_all: bool = True) -> None:
        most = None if keep_all else KEPT_MAX
        self.open: dict[CallId, Reservation] = {}
        self.ended: Kept[CallId, CallRecord] = Kept(most)
        self.do_not_call: dict[str, str] = {}  # number -> which list
        self.stops: defaultdict[tuple[PersonId, str], list[Stop]] = defaultdict(list)  # by person and number (or any)
        self.receipts: Counter[tuple[bool, str]] = Counter()  # by whether it was allowed, and rule
        self.spells: dict[int, Spell] = {}  # the last one of each agent
        self.dispositions: Kept[CallId, str] = Kept(most)
        self.lines_out: Kept[CallId, LineOut] = Kept(most)  # beside calls
        self.next_call = 1
        self.next_decision = 1
        self.decisions: deque[DecisionRecord] = deque(maxlen=min(1000, KEPT_MAX))
        self._lists = lists or Lists((), Chance(0))
        self._opens_at = opens_at
        self.leads = DueLeads(self._lists, opens_at)  # those that were ever claimed or picked
        self._fresh: defaultdict[CampaignId, int] = defaultdict(int)  # leads of each list that were taken from it
        self._strangers: dict[LeadId, Lead] = {}  # on no list
        self._newest: deque[CallRecord] = deque(maxlen=min(FINISHED_MAX, KEPT_MAX))
        self._shelves: dict[CampaignId, Shelf] = {}  # of campaigns whose leads have other places than by their time
        self._persons: dict[PersonId, CallId] = {}
        self._numbers: dict[str, CallId] = {}
        self._dials: dict[PersonId, tuple[tuple[float, str], ...]] = {}  # when, which number; of seven days
        self._ill: dict[PhoneId, str] = {}  # numbers that may be dead
        self._contacted_at: dict[PersonId, float] = {}
        self._spoke: dict[PersonId, AgentId] = {}
        self._counted: Kept[CallId, None] = Kept(most)  # whose dial is counted already
        self.on_numberless: Callable[[LeadId, int], None] = lambda *_: None  # a lead is finished after so many attempts

    def add(self, leads: Iterable[Lead], due_at: float = 0.0) -> None:
        """Take in leads of no list."""
        for lead in leads:
            self._strangers[lead.id] = lead
            self.leads[lead.id] = StoredLead(lead.campaign, lead.attempts)
            self.leads.push(lead.id, due_at)

    def lead(self, lead_id: LeadId) -> Lead:
        """The lead with the number to try next."""
        attempts = self.leads.attempts(lead_id)
        stranger = self._strangers.get(lead_id)
        lead = self._listed(lead_id, attempts) if stranger is None else replace(stranger, attempts=attempts)
        quality = self._ill.get(lead.phone)
        return lead if quality is None else replace(lead, quality=quality)

    def _listed(self, lead_id: LeadId, attempts: int) -> Lead:
        """The lead with its usable number whose turn it is; with a dead one where all are."""
        lead = self._lists.lead(lead_id, attempts)
        for further in range(1, NUMBERS_MAX):
            if self._ill.get(lead.phone) not in DEAD:
                break
            lead = replace(self._lists.lead(lead_id, attempts + further), attempts=attempts)
        return lead

    def execute(self, command: StoreCommand, now: float) -> Event | None:
        """Take the command, and answer it where it has an answer."""
        return _TAKES[type(command)](self, command, now)

    def _forbid(self, command: AddDoNotCall, _: float) -> None:
        if (number := command.number or self._dialled(command.call)) is not None:
            self.do_not_call.setdefault(number, command.source)

    def _restrict(self, command: Restrict, _: float) -> None:
        if command.kind in STOPS:
            self.stops[self.lead(command.lead).person, command.number or ""].append(Stop(command.kind, command.until))

    def _count_receipt(self, command: SaveReceipt, _: float) -> None:
        self.receipts[command.receipt.allowed, command.receipt.rule] += 1

    def _rest(self, _: RestPhone | SaveCallerIdRest, __: float) -> None:
        """People here have one number each, tried again with its lead; ours rest in the engine alone."""

    def _keep_line(self, command: SaveLineOut, _: float) -> None:
        self.lines_out[command.line.id] = command.line
        self.next_call = max(self.next_call, command.line.id + 1)

    def _dialled(self, call: CallId | None) -> str | None:
        """The number that a call dialled, as it is kept."""
        if call is None:
            return None
        open_ = self.open.get(call)
        return open_.lead.number if open_ is not None else self.ended[call].number if call in self.ended else None

    def begin_run(self, now: float) -> Restored:
        """What a former process left. Claims that no call holds are given back."""
        held = {one.lead.id for one in self.open.values()}
        self._give_back((lead for lead in self.leads if lead not in held), now)
        signed_in = [(spell.agent, spell.state, spell.reason) for spell in self.spells.values() if not spell.ended]
        return Restored(
            open_calls=tuple(one.record or _bare(one) for one in self.open.values()),
            finished=tuple(self._newest),
            next_call=CallId(self.next_call),
            next_decision=self.next_decision,
            leads=tuple(replace(one.lead, listed=one.listed) for one in self.open.values()),
            signed_in=tuple(signed_in),
            lines_out=tuple(one for one in self.lines_out.values() if one.ended_at is None),
        )

    # ------------------------------------------------------------ leads

    def _claim(self, command: ClaimLeads, now: float) -> LeadsClaimed:
        campaign, count, claimed = command.campaign, command.count, list[Lead]()
        while len(claimed) < count and (leads := self._next(campaign, count - len(claimed), now)):
            for lead in leads:
                self.leads.known(lead, campaign).claimed = True
                known = self.lead(lead)
                if known.quality in DEAD:
                    stored = self.leads[lead]
                    stored.result, stored.claimed, stored.due_at = "no_number", False, None
                    self.on_numberless(lead, stored.attempts)
                    continue
                claimed.append(known)
        if len(claimed) == count:
            return LeadsClaimed(campaign, tuple(claimed), None)
        return LeadsClaimed(campaign, tuple(claimed), self._due_next(campaign, now))

    def _next(self, campaign: CampaignId, count: int, now: float) -> list[LeadId]:
        """Leads whose turn it is, taken out: one, or `count` where they are mixed; none where none is due."""
        listed = campaign <= len(self._lists.plans)
        if listed and self._lists.plans[campaign - 1].selection.places:
            return self._chosen(campaign, count, now)
        order = self._lists.order(campaign) if listed else ListOrder.RETRIES_FIRST
        ways = (self.leads.take, self._take_fresh) if order is ListOrder.RETRIES_FIRST else (
            self._take_fresh, self.leads.take
        )  # fmt: skip
        for take in ways:
            if (lead := take(campaign, now)) is not None:
                return [lead]
        return []

    def _chosen(self, campaign: CampaignId, count: int, now: float) -> list[LeadId]:
        """The same in the order and mix of the campaign's selection."""
        if now < self._opens_at:
            return []
        shelf = self._shelves.get(campaign)
        if shelf is None:
            selection = self._lists.plans[campaign - 1].selection
            shelf = self._shelves[campaign] = Shelf(selection, self._lists, campaign)
        while (lead := self.leads.take(campaign, now)) is not None:
            stored = self.leads[lead]
            assert stored.due_at is not None
            shelf.put(lead, stored.due_at, attempts=stored.attempts, result=stored.result, streak=stored.streak)
        return shelf.take(count, now % 1, self._is_due)

    def _is_due(self, lead: LeadId, due_at: float | None) -> bool:
        """Whether nobody has taken the lead, never tried (None) or due since then, from its place."""
        stored = self.leads.get(lead)
        if due_at is None or stored is None:
            return due_at is None and stored is None
        return not stored.claimed and stored.due_at == due_at

    def _take_fresh(self, campaign: CampaignId, now: float) -> LeadId | None:
        if campaign > len(self._lists.plans) or now < self._opens_at:
            return None
        while (place := self._fresh[campaign]) < self._lists.fresh(campaign):
            self._fresh[campaign] = place + 1
            lead = self._lists.nth(campaign, place)
            if lead not in self.leads:  # an agent may have picked it before its turn
                return lead
        return None

    def _due_next(self, campaign: CampaignId, now: float) -> float | None:
        return self._opens_at if now < self._opens_at else self.leads.first_at(campaign)

    def _returned(self, command: ReturnLeads, now: float) -> None:
        self._give_back(command.leads, now)

    def _give_back(self, leads: Iterable[LeadId], now: float) -> None:
        for lead in leads:
            stored = self.leads.get(lead)
            if stored is not None and stored.claimed:
                self.leads.push(lead, now)

    def _save_lead(self, command: SaveLead, _: float) -> None:
        stored = self.leads.get(command.lead)
        if stored is None:
            return
        stored.attempts = command.attempts
        stored.result, stored.streak, stored.claimed, stored.due_at = command.result, command.streak, False, None
        if command.due_at is not None:
            self.leads.push(command.lead, command.due_at)

    def _learn(self, command: SavePhone, _: float) -> None:
        """Keep of numbers only that they may be dead: the others' past would be the larger part of all memory."""
        if command.quality in DEAD or command.quality == Quality.SUSPECT:
            self._ill[command.phone] = command.quality
        else:
            self._ill.pop(command.phone, None)

    def _promised(self, command: ClaimCallbacks, _: float) -> CallbacksClaimed:
        return CallbacksClaimed(command.campaign, ())  # a list here is anybody's

    def _defer(self, command: DeferLead, _: float) -> None:
        stored = self.leads.get(command.lead)
        if stored is not None and stored.claimed:
            stored.result = command.reason
            self.leads.push(command.lead, command.due_at)

    # ------------------------------------------------------------ calls

    def _reserve(self, command: ReserveCall, now: float) -> CallReserved | ReservationRefused:
        self.next_call = max(self.next_call, command.call + 1)
        lead = self._lead_of(command)
        if lead is None:
            return ReservationRefused(command.call, "there is no such lead")
        if command.call in self.open or command.call in self.ended:
            return ReservationRefused(command.call, "the call is reserved already")
        if lead.person in self._persons or lead.number in self._numbers:
            return ReservationRefused(command.call, "the person or the number is on a call")
        facts = self._facts(lead, now)
        self.leads.known(lead.id, lead.campaign).claimed = True
        self.open[command.call] = Reservation(command.call, command.campaign, lead, now, command.agent)
        self._persons[lead.person] = self._numbers[lead.number] = command.call
        return CallReserved(command.call, facts)

    def holds(self, call: CallId) -> bool:
        """Whether the call holds its person and number."""
        held = self.open.get(call)
        return held is not None and self._persons.get(held.lead.person) == call

    def somebody(self, campaign: CampaignId, draw: random.Random) -> LeadId | None:
        """One who may call back: rather one of those whom we called last than another of the list."""
        if self._newest and draw.random() < CALLED_SHARE:
            return self._newest[draw.randrange(len(self._newest))].lead
        count = self._lists.count(campaign) if campaign <= len(self._lists.plans) else 0
        return self._lists.nth(campaign, draw.randrange(count)) if count else None

    def _find(self, command: FindCaller, now: float) -> CallerFound:
        """Who calls; held meanwhile, where no call holds them yet, so that nobody dials them."""
        lead_id = self._lists.with_number(command.caller)
        if lead_id is None:
            return CallerFound(command.call, None, None)
        self.next_call = max(self.next_call, command.call + 1)
        lead = self.lead(lead_id)
        stored = self.leads.known(lead.id, lead.campaign)
        free = lead.person not in self._persons and lead.number not in self._numbers
        listed = free and stored.due_at is not None  # at hand or not: when they have gone it is due again
        self.open[command.call] = Reservation(command.call, lead.campaign, lead, now, None, listed=listed, inbound=True)
        if free:
            self._persons[lead.person] = self._numbers[lead.number] = command.call
            stored.claimed = stored.claimed or listed
        return CallerFound(command.call, lead.campaign, replace(lead, listed=listed), self._spoke.get(lead.person))

    def _lead_of(self, command: ReserveCall) -> Lead | None:
        if command.lead is not None:
            return command.lead
        if command.lead_id is not None:
            known = command.lead_id in self._lists or command.lead_id in self._strangers
            return self.lead(command.lead_id) if known else None
        assert command.number is not None
        found = self._lists.with_number(command.number)
        if found is not None:
            return self.lead(found)
        key = 10_000_000 + int(command.number[-7:])
        if key not in self._strangers:
            self._strangers[LeadId(key)] = Lead(
                id=LeadId(key), campaign=command.campaign, person=PersonId(key), phone=PhoneId(key),
                number=command.number, country="MX", zones=("America/Mexico_City",),
            )  # fmt: skip
            self.leads[LeadId(key)] = StoredLead(command.campaign, due_at=None)
        return self.lead(LeadId(key))

    def _facts(self, lead: Lead, now: float) -> DialFacts:
        dials = tuple(one for one in self._dials.get(lead.person, ()) if one[0] > now - 7 * DAY_S)
        if dials:
            self._dials[lead.person] = dials
        of_number = [at for at, number in dials if number == lead.number]
        listed = self.do_not_call.get(lead.number)
        return DialFacts(
            lead=lead,
            do_not_call=(listed,) if listed is not None else (),
            dials_of_number_24h=sum(at > now - DAY_S for at in of_number),
            dials_of_person_24h=sum(at > now - DAY_S for at, _ in dials),
            dials_of_person_7d=len(dials),
            number_dialled_at=of_number[-1] if of_number else None,
            person_contacted_at=self._contacted_at.get(lead.person),
            stops=(*self.stops.get((lead.person, ""), ()), *self.stops.get((lead.person, lead.number), ())),
        )

    def _release(self, command: ReleaseCall, now: float) -> None:
        held, retry_at = self._unlock(command.call), command.retry_at
        if held is None or (stored := self.leads.get(held.lead.id)) is None or not stored.claimed:
            return
        if not held.inbound:
            self.leads.push(held.lead.id, now + 3600.0 if retry_at is None else retry_at)
        elif held.listed:
            self.leads.push(held.lead.id, stored.due_at or 0.0)

    def _save_call(self, command: SaveCall, _: float) -> None:
        record = command.record
        if record.placed_at is not None and record.id not in self._counted:
            self._counted[record.id] = None
            self._dials[record.person] = (*self._dials.get(record.person, ()), (record.placed_at, record.number))
        if record.bridged_at is not None:
            self._contacted_at[record.person] = record.bridged_at
            if record.agent is not None:
                self._spoke[record.person] = record.agent
        if record.ended_at is not None:
            self._unlock(record.id)
            if record.id not in self.ended:
                self._newest.append(record)
            self.ended[record.id] = record
        elif (held := self.open.get(record.id)) is not None:
            held.record = record

    def _save_disposition(self, command: SaveDisposition, _: float) -> None:
        self.dispositions[command.call] = command.code

    def _save_decision(self, command: SaveDecision, _: float) -> None:
        self.next_decision = max(self.next_decision, command.record.id + 1)
        self.decisions.append(command.record)

    def _save_spell(self, command: SaveSpell, _: float) -> None:
        self.spells[command.spell.agent] = command.spell

    def _unlock(self, call: CallId) -> Reservation | None:
        held = self.open.pop(call, None)
        if held is not None:
            if self._persons.get(held.lead.person) == call:
                del self._persons[held.lead.person]
            if self._numbers.get(held.lead.number) == call:
                del self._numbers[held.lead.number]
        return held


def _bare(held: Reservation) -> CallRecord:
    """The record of a reservation of which nothing more was written."""
    lead = held.lead
    return CallRecord(
        id=held.call, campaign=held.campaign, client=ClientId(1),
        mode=Mode.MANUAL if held.inbound else Mode.PREDICTIVE, lead=lead.id,
        person=lead.person, phone=lead.phone, number=lead.number, trunk="", caller_id="", reserved_at=held.at,
        inbound=held.inbound, answered_at=held.at if held.inbound else None,
    )  # fmt: skip


_TAKES: dict[type, Callable[[Store, Any, float], Event | None]] = {
    ClaimLeads: Store._claim,  # noqa: SLF001 - a table of the class's own methods
    ClaimCallbacks: Store._promised,  # noqa: SLF001
    ReturnLeads: Store._returned,  # noqa: SLF001
    FindCaller: Store._find,  # noqa: SLF001
    ReserveCall: Store._reserve,  # noqa: SLF001
    ReleaseCall: Store._release,  # noqa: SLF001
    SaveCall: Store._save_call,  # noqa: SLF001
    SaveLead: Store._save_lead,  # noqa: SLF001
    SavePhone: Store._learn,  # noqa: SLF001
    DeferLead: Store._defer,  # noqa: SLF001
    SaveDisposition: Store._save_disposition,  # noqa: SLF001
    SaveDecision: Store._save_decision,  # noqa: SLF001
    SaveSpell: Store._save_spell,  # noqa: SLF001
    AddDoNotCall: Store._forbid,  # noqa: SLF001
    SaveReceipt: Store._count_receipt,  # noqa: SLF001
    Restrict: Store._restrict,  # noqa: SLF001
    RestPhone: Store._rest,  # noqa: SLF001
    SaveCallerIdRest: Store._rest,  # noqa: SLF001
    SaveLineOut: Store._keep_line,  # noqa: SLF001
}
