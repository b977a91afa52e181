"""The store of the simulated world: leads, locks, do-not-call and the history of dials, in memory.

It answers commands with events and refuses what must not be; what is due and who may be dialled it reports as facts.
"""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.messages import (
    AddDoNotCall,
    CallReserved,
    ClaimLeads,
    DeferLead,
    Event,
    LeadsClaimed,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    Restored,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SavePhone,
    SaveReceipt,
    SaveSpell,
    StoreCommand,
)
from dialer.core.model import CallRecord, DecisionRecord, DialFacts, Lead, Mode, Spell
from dialer.core.packs.schema import STOPS, Stop
from dialer.core.quality import DEAD

DAY_S = 86_400.0
FINISHED_MAX = 2000  # records that a new process is warmed with


@dataclass(slots=True, eq=False)
class StoredLead:
    lead: Lead
    due_at: float | None = 0.0  # None: finished
    claimed: bool = False
    result: str = ""


@dataclass(slots=True, eq=False)
class Reservation:
    """A call that holds a person and a number."""

    call: CallId
    campaign: CampaignId
    lead: Lead
    at: float
    agent: AgentId | None
    record: CallRecord | None = None


class Store:
    """Everything durable. A command takes effect when `execute` is called: whoever calls it brings the latency."""

    def __init__(self) -> None:
        self.leads: dict[LeadId, StoredLead] = {}
        self._by_phone: dict[PhoneId, LeadId] = {}
        self.open: dict[CallId, Reservation] = {}
        self.ended: dict[CallId, CallRecord] = {}
        self.do_not_call: dict[str, str] = {}  # number -> which list
        self.stops: defaultdict[tuple[PersonId, str], list[Stop]] = defaultdict(list)  # by person and number (or any)
        self.receipts: Counter[tuple[bool, str]] = Counter()  # by whether it was allowed, and rule
        self.spells: dict[int, Spell] = {}  # the last one of each agent
        self.dispositions: dict[CallId, str] = {}
        self.next_call = 1
        self.next_decision = 1
        self.decisions: deque[DecisionRecord] = deque(maxlen=1000)
        self._newest: deque[CallRecord] = deque(maxlen=FINISHED_MAX)
        self._due: defaultdict[CampaignId, list[tuple[float, int, LeadId]]] = defaultdict(list)
        self._order = 0
        self._persons: dict[PersonId, CallId] = {}
        self._numbers: dict[str, CallId] = {}
        self._dials_of_number: defaultdict[str, deque[float]] = defaultdict(deque)
        self._dials_of_person: defaultdict[PersonId, deque[float]] = defaultdict(deque)
        self._contacted_at: dict[PersonId, float] = {}
        self._counted: set[CallId] = set()  # whose dial is counted already; asked, never walked through

    def add(self, leads: Iterable[Lead], due_at: float = 0.0) -> None:
        """Load a list."""
        for lead in leads:
            self.leads[lead.id] = StoredLead(lead)
            self._by_phone[lead.phone] = lead.id
            self._push(self.leads[lead.id], due_at)

    def execute(self, command: StoreCommand, now: float) -> Event | None:
        """Take the command, and answer it where it has an answer."""
        match command:
            case ClaimLeads(campaign, count):
                return self._claim(campaign, count, now)
            case ReturnLeads(leads):
                self._give_back(leads, now)
            case ReserveCall():
                return self._reserve(command, now)
            case ReleaseCall(call, _, retry_at):
                self._release(call, retry_at, now)
            case SaveCall(record):
                self._save_call(record)
            case SaveLead():
                self._save_lead(command)
            case SavePhone():
                self._learn(command)
            case DeferLead():
                self._defer(command)
            case _:
                self._note(command)
        return None

    def _note(self, command: StoreCommand) -> None:
        """Take what is only kept."""
        match command:
            case SaveDisposition(call, _, code):
                self.dispositions[call] = code
            case SaveDecision(record):
                self.next_decision = max(self.next_decision, record.id + 1)
                self.decisions.append(record)
            case SaveSpell(spell):
                self.spells[spell.agent] = spell
            case AddDoNotCall():
                self._forbid(command)
            case SaveReceipt(receipt):
                self.receipts[receipt.allowed, receipt.rule] += 1
            case Restrict():
                self._restrict(command)

    def _forbid(self, command: AddDoNotCall) -> None:
        if (number := command.number or self._dialled(command.call)) is not None:
            self.do_not_call.setdefault(number, command.source)

    def _restrict(self, command: Restrict) -> None:
        if (stored := self.leads.get(command.lead)) is not None and command.kind in STOPS:
            self.stops[stored.lead.person, command.number or ""].append(Stop(command.kind, command.until))

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
            leads=tuple(one.lead for one in self.open.values()),
            signed_in=tuple(signed_in),
        )

    # ------------------------------------------------------------ leads

    def _push(self, stored: StoredLead, due_at: float) -> None:
        stored.due_at, stored.claimed = due_at, False
        self._order += 1
        heapq.heappush(self._due[stored.lead.campaign], (due_at, self._order, stored.lead.id))

    def _claim(self, campaign: CampaignId, count: int, now: float) -> LeadsClaimed:
        heap, claimed = self._due[campaign], list[Lead]()
        while heap and len(claimed) < count:
            due_at, _, lead = heap[0]
            stored = self.leads[lead]
            if stored.claimed or stored.due_at != due_at:
                heapq.heappop(heap)  # an older entry
                continue
            if due_at > now:
                break
            heapq.heappop(heap)
            if stored.lead.quality in DEAD:
                stored.result, stored.due_at = "no_number", None
                continue
            stored.claimed = True
            claimed.append(stored.lead)
        due_at_next = heap[0][0] if heap and len(claimed) < count else None
        return LeadsClaimed(campaign, tuple(claimed), due_at_next)

    def _give_back(self, leads: Iterable[LeadId], now: float) -> None:
        for lead in leads:
            stored = self.leads.get(lead)
            if stored is not None and stored.claimed:
                self._push(stored, now)

    def _save_lead(self, command: SaveLead) -> None:
        stored = self.leads.get(command.lead)
        if stored is None:
            return
        stored.lead = replace(
            stored.lead, attempts=command.attempts, result=command.result, streak=command.streak, agent=command.agent
        )
        stored.result, stored.claimed, stored.due_at = command.result, False, None
        if command.due_at is not None:
            self._push(stored, command.due_at)

    def _learn(self, command: SavePhone) -> None:
        """Keep what a call taught of a number: each lead here has one."""
        stored = self.leads.get(self._by_phone.get(command.phone, LeadId(0)))
        if stored is not None:
            stored.lead = replace(
                stored.lead,
                quality=command.quality,
                machines=command.machines,
                called_before=command.calls,
                answered_before=command.answers,
            )

    def _defer(self, command: DeferLead) -> None:
        stored = self.leads.get(command.lead)
        if stored is not None and stored.claimed:
            stored.result = command.reason
            self._push(stored, command.due_at)

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
        self.leads[lead.id].claimed = True
        self.open[command.call] = Reservation(command.call, command.campaign, lead, now, command.agent)
        self._persons[lead.person] = self._numbers[lead.number] = command.call
        return CallReserved(command.call, facts)

    def _lead_of(self, command: ReserveCall) -> Lead | None:
        if command.lead is not None:
            return command.lead
        if command.lead_id is not None:
            stored = self.leads.get(command.lead_id)
            return stored.lead if stored is not None else None
        assert command.number is not None
        found = next((one.lead for one in self.leads.values() if one.lead.number == command.number), None)
        if found is not None:
            return found
        key = 10_000_000 + int(command.number[-7:])
        lead = Lead(
            id=LeadId(key), campaign=command.campaign, person=PersonId(key), phone=PhoneId(key), number=command.number,
            country="MX", zones=("America/Mexico_City",),
        )  # fmt: skip
        self.leads[lead.id] = StoredLead(lead, due_at=None)
        return lead

    def _facts(self, lead: Lead, now: float) -> DialFacts:
        numbers, persons = self._dials_of_number[lead.number], self._dials_of_person[lead.person]
        for dials, length_s in ((numbers, DAY_S), (persons, 7 * DAY_S)):
            while dials and dials[0] <= now - length_s:
                dials.popleft()
        listed = self.do_not_call.get(lead.number)
        return DialFacts(
            lead=lead,
            do_not_call=(listed,) if listed is not None else (),
            dials_of_number_24h=len(numbers),
            dials_of_person_24h=sum(at > now - DAY_S for at in persons),
            dials_of_person_7d=len(persons),
            number_dialled_at=numbers[-1] if numbers else None,
            person_contacted_at=self._contacted_at.get(lead.person),
            stops=(*self.stops.get((lead.person, ""), ()), *self.stops.get((lead.person, lead.number), ())),
        )

    def _release(self, call: CallId, retry_at: float | None, now: float) -> None:
        held = self._unlock(call)
        if held is not None and (stored := self.leads.get(held.lead.id)) is not None and stored.claimed:
            self._push(stored, now + 3600.0 if retry_at is None else retry_at)

    def _save_call(self, record: CallRecord) -> None:
        if record.placed_at is not None and record.id not in self._counted:
            self._counted.add(record.id)
            self._dials_of_number[record.number].append(record.placed_at)
            self._dials_of_person[record.person].append(record.placed_at)
        if record.bridged_at is not None:
            self._contacted_at[record.person] = record.bridged_at
        if record.ended_at is not None:
            self._unlock(record.id)
            if record.id not in self.ended:
                self._newest.append(record)
            self.ended[record.id] = record
        elif (held := self.open.get(record.id)) is not None:
            held.record = record

    def _unlock(self, call: CallId) -> Reservation | None:
        held = self.open.pop(call, None)
        if held is not None:
            self._persons.pop(held.lead.person, None)
            self._numbers.pop(held.lead.number, None)
        return held


def _bare(held: Reservation) -> CallRecord:
    """The record of a reservation of which nothing more was written."""
    lead = held.lead
    return CallRecord(
        id=held.call, campaign=held.campaign, client=ClientId(1), mode=Mode.PREDICTIVE, lead=lead.id,
        person=lead.person, phone=lead.phone, number=lead.number, trunk="", caller_id="", reserved_at=held.at,
    )  # fmt: skip
