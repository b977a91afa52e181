"""What every route works with, put together once by `app.create_app`."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dialer.core.caller_ids import Shown
from dialer.core.ids import AgentId, CampaignId, LeadId
from dialer.core.messages import Event
from dialer.core.model import Campaign
from dialer.core.packs.lawbook import Lawbook
from dialer.leads.shown import shown_of
from dialer.ports import Floor, Forecaster
from dialer.store import AuditEntry, Store
from dialer.web.gathering import Gatherer
from dialer.web.hub import Hub
from dialer.web.oidc import Oidc
from dialer.web.operations import Operations
from dialer.web.problems import ProblemError, RefusedError
from dialer.web.sessions import Session, Sessions
from dialer.web.settings import WebSettings
from dialer.web.signing_in import Doorkeeper
from recordings.archive import ArchiveSettings
from recordings.links import Links

Scrub = Callable[[str, int], Awaitable[str]]

if TYPE_CHECKING:
    from dialer.watch import Watchman


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """`recordings` is the switch's folder, `archive` says where the index keeps its own."""

    floor: Floor
    store: Store
    settings: WebSettings
    recordings: Path
    archive: ArchiveSettings
    now: Callable[[], float]
    law: Lawbook
    sessions: Sessions
    doorkeeper: Doorkeeper
    hub: Hub
    forecaster: Forecaster | None
    gatherer: Gatherer
    uploads: Path  # where lists lie while they are read, and their rejected rows after
    operations: Operations
    scrub: Scrub | None = None  # the check outside of the house, where there is one: why a number must not be called
    oidc: Oidc | None = None  # signing in elsewhere; None: by our own passwords alone
    watch: "Watchman | None" = None  # looks for alarms; None where nobody does
    links: Links = field(default_factory=Links)
    heard: dict[tuple[str, str, int], float] = field(default_factory=dict)  # who hears or reads what, logged when
    streams: Counter[str] = field(default_factory=Counter)  # of events, open now, by who reads
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)  # held from reading a campaign until it is kept
    saying: defaultdict[AgentId, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )  # one disposition of an agent's after the other
    people: asyncio.Lock = field(default_factory=asyncio.Lock)  # the same of a user or an agent
    house: asyncio.Lock = field(
        default_factory=asyncio.Lock
    )  # the same of a client, a webhook, or a lead that is changed by its mark

    async def shown(self) -> Shown:
        """The numbers of the pools as the engine has them: their use, and which rest."""
        return await shown_of(self.store, self.floor.view().pools, self.now())

    async def campaign(self, campaign: int, session: Session) -> Campaign:
        """The campaign as configured. Raises ProblemError where there is none, or none that the person may see."""
        found = await self.store.campaigns.get(CampaignId(campaign))
        if found is None or not session.sees(found.id, found.client):
            raise ProblemError("not_found", "there is no such campaign")
        return found

    async def campaigns(self, session: Session) -> list[Campaign]:
        """The campaigns that the person may see, by name."""
        return [one for one in await self.store.campaigns.list() if session.sees(one.id, one.client)]

    async def check_lead(self, lead: int, session: Session) -> None:
        """Raises ProblemError where there is no such lead in any campaign that the person may see."""
        if session.limited and not await self.sees_lead(lead, session):
            raise ProblemError("not_found", "there is no such lead")

    async def sees_lead(self, lead: int, session: Session) -> bool:
        """Whether the lead is of a campaign that the person may see."""
        campaign = await self.store.leads.campaign_of(LeadId(lead))
        found = await self.store.campaigns.get(campaign) if campaign is not None else None
        return found is not None and session.sees(found.id, found.client)

    def disturbed(self, campaign: CampaignId) -> None:
        """A campaign's course was changed: whoever judges forecasts must know."""
        if self.watch is not None:
            self.watch.disturbed(campaign)

    async def ask(self, event: Event) -> None:
        """Put an event to the engine. Raises RefusedError with its reason where it was not taken."""
        refused = await self.floor.ask(event)
        if refused is not None:
            raise RefusedError(refused)

    def entry(self, session: Session, action: str, **detail: object) -> AuditEntry:
        """What a person did, for the trail. Never a secret, never a phone number outside of a lead's own columns."""
        told = json.dumps(detail, default=str)
        return AuditEntry(at=self.now(), by_whom=session.name, who=session.key, action=action, detail=told)

    async def note(self, session: Session, action: str, **detail: object) -> None:
        """Keep what a person did. Never a secret, never a phone number."""
        await self.store.audit.add(self.entry(session, action, **detail))
