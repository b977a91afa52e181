"""What the store's tests are made of: a campaign, leads with numbers, and the engine's commands said briefly."""

from dataclasses import dataclass, replace
from itertools import count

from dialer.core.ids import CallId, CampaignId, ClientId, LeadId, first_call
from dialer.core.messages import (
    CallReserved,
    ClaimLeads,
    Event,
    LeadsClaimed,
    ReservationRefused,
    ReserveCall,
    SaveCall,
    StoreCommand,
)
from dialer.core.model import CallRecord, Campaign, Lead, Mode
from dialer.core.outcomes import Outcome
from dialer.store import Store
from dialer.store.loading import NewLead, NewPhone

NOW = 1_700_000_000.0
HOUR, DAY = 3600.0, 86_400.0
ZONES = ("America/Mexico_City",)


def campaign_of(name: str, client: ClientId) -> Campaign:
    return Campaign(id=CampaignId(0), client=client, name=name, mode=Mode.PREDICTIVE)


@dataclass
class World:
    """One store with one campaign, and counters for what must never repeat."""

    store: Store
    campaign: Campaign
    calls: "count[int]"
    externals: "count[int]"

    @classmethod
    async def made(cls, store: Store) -> "World":
        client = await store.clients.add("lender")
        campaign = await store.campaigns.save(campaign_of("spring", client.id))
        return cls(store, campaign, count(first_call(store.cell)), count(1))

    async def second_campaign(self) -> Campaign:
        return await self.store.campaigns.save(campaign_of("autumn", self.campaign.client))

    def of(self, campaign: Campaign) -> "World":
        """The same world, looked at from another campaign."""
        return replace(self, campaign=campaign)

    async def add_lead(
        self,
        *numbers: str,
        due_at: float = NOW,
        priority: int = 5,
        national_id: str | None = None,
        campaign: Campaign | None = None,
        invalid: tuple[str, ...] = (),
    ) -> LeadId:
        """A lead with these numbers by rank; a number of its own where none is given."""
        n = next(self.externals)
        written = numbers or (f"+52555000{n:04d}",)
        phones = tuple(NewPhone(number=one, valid=one not in invalid, country="MX", zones=ZONES) for one in written)
        row = NewLead(
            external_id=f"A{n}",
            national_id=national_id,
            country="MX",
            name=f"Person {n}",
            phones=phones,
            priority=priority,
        )
        into = campaign or self.campaign
        number = await self.store.imports.begin(into.id, "list.csv", due_at)
        assert await self.store.imports.add(number, into, [row], due_at) == 1
        [view] = await self.store.leads.find(into.id, f"A{n}")
        return view.id

    async def claim(self, limit: int = 10, *, now: float = NOW, store: Store | None = None) -> LeadsClaimed:
        [answer] = await (store or self.store).apply([ClaimLeads(self.campaign.id, limit)], [], now)
        assert isinstance(answer, LeadsClaimed)
        return answer

    async def claim_one(self, *, now: float = NOW) -> Lead:
        [lead] = (await self.claim(1, now=now)).leads
        return lead

    async def reserve(self, lead: Lead, *, now: float = NOW) -> CallReserved | ReservationRefused:
        [answer] = await self.tell(self.ask(lead), now=now)
        assert isinstance(answer, CallReserved | ReservationRefused)
        return answer

    def ask(self, lead: Lead) -> ReserveCall:
        return ReserveCall(call=CallId(next(self.calls)), campaign=lead.campaign, lead=lead)

    async def tell(self, *commands: StoreCommand, now: float = NOW) -> list[Event]:
        return await self.store.apply(commands, [], now)

    def record(self, call: CallId, lead: Lead, *, at: float = NOW) -> CallRecord:
        return CallRecord(
            id=call,
            campaign=lead.campaign,
            client=self.campaign.client,
            mode=Mode.PREDICTIVE,
            lead=lead.id,
            person=lead.person,
            phone=lead.phone,
            number=lead.number,
            trunk="carrier",
            caller_id="+525500000000",
            reserved_at=at,
            placed_at=at,
        )

    async def dial(self, lead: Lead, outcome: Outcome, *, at: float = NOW) -> CallRecord:
        """A whole call: reserved, placed, ended a minute later."""
        answer = await self.reserve(lead, now=at)
        assert isinstance(answer, CallReserved), answer
        record = self.record(answer.call, lead, at=at)
        if outcome is Outcome.CONNECTED:
            record = replace(record, answered_at=at + 10, bridged_at=at + 10)
        ended = replace(record, ended_at=at + 60, outcome=outcome)
        await self.tell(SaveCall(record), SaveCall(ended), now=at)
        return ended
