"""One request to VICIdial's APIs: what was given, and what of it may be meant: numbers, campaigns, agents, leads."""

import re

import phonenumbers

from dialer.core.ids import LeadId
from dialer.core.model import Campaign
from dialer.core.view import AgentView
from dialer.errors import DialerError
from dialer.leads.numbers import Number, country_of, current, read_number
from dialer.store import AgentLogin, LeadView
from dialer.web import vicidial_words as words
from dialer.web.console import Console
from dialer.web.permissions import Permission
from dialer.web.scope import seen_by
from dialer.web.sessions import Session
from dialer.web.vicidial_words import Given
from dialer.web.views import agent_view, masked

SOUGHT = ("lead_id", "vendor_lead_code", "phone_number")
_NUMBER = re.compile(r"[0-9]{1,15}")


class RefusedInWords(DialerError):  # noqa: N818 - it is an answer of the old API, no fault of ours
    """The call cannot be done; its text is what VICIdial would answer."""


class Asked:
    """One request: who asks, and what was given. `touched` is what it was about, for the trail."""

    def __init__(self, console: Console, session: Session, given: Given, *, base: str = "") -> None:
        """`base` is where the console is reached, as https://dialer.example."""
        self._console, self._session, self._given, self._base = console, session, given, base
        self._store = console.store
        self._user = words.cell(self._text("user"))
        self.touched: dict[str, object] = {}

    def _text(self, name: str) -> str:
        return words.text_of(self._given, name)

    def _plain(self, name: str) -> str:
        """What was given, as it may be told back."""
        return words.cell(self._text(name))[:80]

    def _said(self, name: str) -> bool:
        return words.said(self._given, name)

    # ---------------------------------------------------------------- numbers

    def _number(self, home: str, text: str = "") -> Number:
        """The number given: of the country of `phone_code`, else of `home`.

        VICIdial takes +1 where no code is given. Here nothing is guessed at: a number that is kept under a wrong
        country forbids nothing.
        """
        given = text or self._text("phone_number") or self._text("value")
        digits, code = "".join(sign for sign in given if sign.isdigit()), self._text("phone_code")
        if not digits.isascii() or not 6 <= len(digits) <= 16 or not re.fullmatch(r"[0-9]{0,4}", code):
            raise RefusedInWords(f"INVALID PHONE NUMBER LENGTH - {words.cell(digits)[:40]}|{self._user}")
        if code:
            return read_number(f"+{code}{digits}", phonenumbers.region_code_for_country_code(int(code)))
        if not home:
            raise RefusedInWords(f"NO COUNTRY IS KNOWN, GIVE phone_code - {digits}|{self._user}")
        return read_number(digits, home)

    def _valid(self, home: str) -> str:
        """The number given, E.164. Raises RefusedInWords where it is none."""
        read = self._number(home)
        if not read.valid:
            raise RefusedInWords(f"INVALID PHONE NUMBER - {self._plain('phone_number')}|{self._user}")
        return current(read.number)

    def _shown(self, number: str) -> str:
        """A number, as the caller may see it."""
        return number if self._session.may(Permission.NUMBERS_READ) else masked(number)

    # ---------------------------------------------------------------- campaigns and agents

    async def _campaigns(self) -> list[Campaign]:
        return await self._console.campaigns(self._session)

    async def _campaign(self, name: str = "list_id") -> Campaign:
        text = self._text(name)
        for one in await self._campaigns():
            if text and text in {str(one.id), one.name}:
                return one
        raise RefusedInWords(f"NOT AN ALLOWED LIST ID - {self._plain('phone_number')}|{self._plain(name)}")

    async def _agent(self) -> tuple[AgentLogin, AgentView] | None:
        text = self._text("agent_user")
        view = await seen_by(self._session, self._console.floor.view(), self._console.campaigns)
        for login in await self._store.agents.list():
            seat = agent_view(view, login.agent.id) if text and text in {login.code, login.login} else None
            if seat is not None:
                return login, seat
        return None

    # ---------------------------------------------------------------- leads

    async def _found(self) -> LeadView | None:
        """The lead that is meant: by what `search_method` names, else by the first that is given of lead_id,
        vendor_lead_code and phone_number; within list_id where that is given.
        """
        method, given = self._text("search_method").upper(), [one for one in SOUGHT if self._text(one)]
        for name in [one for one in given if one.upper() in method] if method else given[:1]:
            lead = await (self._by_id() if name == "lead_id" else self._by_text(self._text(name)))
            if lead is not None:
                return lead
        return None

    async def _by_id(self) -> LeadView | None:
        text = self._text("lead_id")
        if not _NUMBER.fullmatch(text) or not await self._console.sees_lead(int(text), self._session):
            return None
        return await self._store.leads.view(LeadId(int(text)), now=self._console.now())

    async def _by_text(self, text: str) -> LeadView | None:
        for campaign in await self._campaigns():
            meant = self._text("list_id") in {"", str(campaign.id), campaign.name}
            leads = await self._by(campaign, text, limit=1) if meant else ()
            if leads:
                return leads[0]
        return None

    async def _by(self, campaign: Campaign, text: str, *, limit: int) -> tuple[LeadView, ...]:
        """Leads of a campaign by what they are known by, or by number."""
        leads = await self._store.leads.find(campaign.id, text, limit=limit)
        if leads or not re.fullmatch(r"\+?[0-9]{6,16}", text):
            return leads
        try:
            read = self._number(country_of(campaign), text)
        except RefusedInWords:
            return ()
        return await self._store.leads.find(campaign.id, current(read.number), limit=limit) if read.valid else ()

    async def _lead(self, otherwise: str = "NO MATCHES FOUND IN THE SYSTEM") -> LeadView:
        lead = await self._found()
        if lead is None:
            raise RefusedInWords(f"{otherwise} - {self._sought()}")
        return lead

    def _sought(self) -> str:
        """What a lead was sought by, as it is told where there is none."""
        return "|".join((self._user, *(self._plain(one) for one in SOUGHT)))
