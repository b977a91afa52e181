"""The calls of VICIdial's two APIs that integrators use most, answered in its words by this dialer's own means.

A list is a campaign here (`list_id` is the campaign's number), a user an agent by code or login. What a caller may do
is what the API token allows that stands in the place of the password.
"""

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import phonenumbers

from dialer.core.ids import AgentId, CampaignId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    CallDispositioned,
    Event,
    HangupRequested,
    ListChanged,
    NumberDialled,
)
from dialer.core.model import Campaign
from dialer.core.view import AgentView
from dialer.errors import DialerError
from dialer.leads.numbers import Number, read_number
from dialer.store import AgentLogin, CallFilter, LeadView
from dialer.store.lead_changes import Known, LeadChange
from dialer.store.loading import NewLead, NewPhone
from dialer.web.console import Console
from dialer.web.lead_trail import change_entry
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError
from dialer.web.scope import seen_by
from dialer.web.sessions import Session
from dialer.web.views import agent_view, masked

Given = Mapping[str, str]
P = Permission

_FIELDS = ("first_name", "last_name", "title", "address1", "city", "state", "postal_code", "email", "comments")
_STATES = {"ready": "READY", "talking": "INCALL", "holding": "INCALL", "wrapping": "INCALL", "break": "PAUSED"}
LOOKED_BACK = 20


class RefusedInWords(DialerError):  # noqa: N818 - it is an answer of the old API, no fault of ours
    """The call cannot be done; its text is what VICIdial would answer."""


class Vicidial:
    """One request: who asks, and what was given."""

    def __init__(self, console: Console, session: Session, given: Given) -> None:
        self._console, self._session, self._given = console, session, given
        self._store = console.store

    async def answer(self) -> str:
        """The answer to the function that was asked for, one line or more."""
        name = self._given.get("function", "")
        found = _FUNCTIONS.get(name)
        if found is None:
            return f"ERROR: NO FUNCTION SPECIFIED OR NOT SERVED HERE - {name}"
        need, function = found
        if not self._session.may(need):
            return f"ERROR: {name} USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - {self._session.name}"
        try:
            return await function(self)
        except RefusedInWords as refused:
            return f"ERROR: {name} {refused}"
        except (ProblemError, DialerError) as error:
            return f"ERROR: {name} {str(error).upper()}"

    # ---------------------------------------------------------------- what was given

    def _text(self, name: str) -> str:
        return self._given.get(name, "").strip()

    def _number(self) -> Number:
        digits = "".join(sign for sign in self._text("phone_number") or self._text("value") if sign.isdigit())
        code = self._text("phone_code") or "1"
        if (
            not (code.isascii() and digits.isascii() and code.isdigit() and len(code) <= 4)
            or not 6 <= len(digits) <= 15
        ):
            raise RefusedInWords(f"INVALID PHONE NUMBER LENGTH - {digits}|{self._session.name}")
        country = phonenumbers.region_code_for_country_code(int(code))
        return read_number(f"+{code}{digits}", country)

    async def _campaign(self, name: str = "list_id") -> Campaign:
        text = self._text(name)
        for one in await self._console.campaigns(self._session):
            if text and text in {str(one.id), one.name}:
                return one
        raise RefusedInWords(f"NOT AN ALLOWED LIST ID - {text}|{self._session.name}")

    async def _agent(self) -> tuple[AgentLogin, AgentView]:
        text = self._text("agent_user")
        view = await seen_by(self._session, self._console.floor.view(), self._console.campaigns)
        for login in await self._store.agents.list():
            seat = agent_view(view, login.agent.id) if text and text in {login.code, login.login} else None
            if seat is not None:
                return login, seat
        raise RefusedInWords(f"NO AGENT USER FOUND - {text}")

    async def _seated(self) -> tuple[AgentLogin, AgentView]:
        login, seat = await self._agent()
        if seat.state == "signed_out":
            raise RefusedInWords(f"AGENT NOT LOGGED IN - {self._text('agent_user')}|{self._session.name}")
        return login, seat

    async def _own(self) -> tuple[AgentLogin, AgentView]:
        """One at work whose call, if there is any, is of a campaign that the caller may see."""
        login, seat = await self._seated()
        now = agent_view(self._console.floor.view(), login.agent.id)
        if now is None or now.call != seat.call or now.campaign != seat.campaign:
            raise RefusedInWords(f"AGENT IS BUSY - {self._text('agent_user')}|{self._session.name}")
        return login, seat

    async def _lead(self) -> LeadView:
        """By lead_id, by vendor_lead_code, or by phone_number within list_id."""
        if re.fullmatch(r"[0-9]{1,15}", self._text("lead_id")):
            lead = LeadId(int(self._text("lead_id")))
            if await self._console.sees_lead(lead, self._session):
                found = await self._store.leads.view(lead, now=self._console.now())
                if found is not None:
                    return found
        for text in filter(None, (self._text("vendor_lead_code"), self._text("phone_number"))):
            sought = text if text == self._text("vendor_lead_code") else self._number().number
            for campaign in await self._console.campaigns(self._session):
                meant = self._text("list_id") in {"", str(campaign.id)}
                leads = await self._store.leads.find(campaign.id, sought, limit=1) if meant else ()
                if leads:
                    return leads[0]
        raise RefusedInWords(f"NO MATCHES FOUND IN THE SYSTEM - {self._session.name}|{self._text('lead_id')}")

    # ---------------------------------------------------------------- leads

    async def version(self) -> str:
        at = datetime.now(UTC)
        return f"VERSION: cadencia|BUILD: 1|DATE: {at:%Y-%m-%d %H:%M:%S}|EPOCH: {int(at.timestamp())}"

    async def add_lead(self) -> str:
        campaign, number, now = await self._campaign(), self._number(), self._console.now()
        if not number.valid:
            raise RefusedInWords(f"INVALID PHONE NUMBER - {self._text('phone_number')}|{self._session.name}")
        account = self._text("vendor_lead_code") or f"tel-{number.number}"
        phone = NewPhone(number.number, number.valid, number.country, number.zones, number.type.value)
        fields = {name: self._text(name) for name in _FIELDS if self._text(name)}
        name = " ".join(filter(None, (self._text("first_name"), self._text("last_name"))))
        lead = NewLead(account, None, number.country, (phone,), name, fields=json.dumps(fields, ensure_ascii=False))
        if self._text("duplicate_check") and await self._store.leads.find(campaign.id, number.number, limit=1):
            raise RefusedInWords(f"DUPLICATE PHONE NUMBER IN LIST - {number.number}|{campaign.id}")
        work = await self._store.imports.begin(campaign.id, "vicidial:add_lead", now)
        await self._store.imports.add(work, campaign, [lead], now)
        [made] = await self._store.leads.find(campaign.id, account, limit=1)
        if re.fullmatch(r"-?[0-9]{1,4}", self._text("rank")):
            await self._change(made, LeadChange(priority=max(0, min(9, 5 - int(self._text("rank"))))))
        await self._console.ask(ListChanged(campaign.id))
        shown = f"{self._text('phone_number')}|{self._session.name}|{campaign.id}|{made.id}|0|"
        return f"SUCCESS: add_lead LEAD HAS BEEN ADDED - {shown}"

    async def update_lead(self) -> str:
        lead = await self._lead()
        fields = {name: self._text(name) for name in _FIELDS if name in self._given}
        state = {"Y": "withdrawn"}.get(self._text("delete_lead").upper())
        state = state or ("open" if self._text("status").upper() == "NEW" else None)
        await self._change(lead, LeadChange(state=state, fields=fields or None))
        return f"SUCCESS: update_lead LEAD HAS BEEN UPDATED - {self._session.name}|{lead.id}"

    async def _change(self, lead: LeadView, change: LeadChange) -> None:
        [known] = await self._store.lead_changes.known([LeadChange(lead=lead.id)])
        assert isinstance(known, Known)
        settled = known.settled(change, self._console.now())
        entry = change_entry(self._console, self._session, known, settled)
        await self._console.gatherer.change(known, settled, entry)

    async def lead_all_info(self) -> str:
        lead = await self._lead()
        fields = dict(lead.account.fields) if lead.account is not None else {}
        number = lead.phones[0].number if lead.phones else ""
        shown = number if self._session.may(P.NUMBERS_READ) else masked(number)
        account = lead.account.external_id if lead.account is not None else ""
        own = [fields.get(name, "") for name in _FIELDS]
        values = (lead.state, "", account, "", lead.campaign, "N", "", shown, *own, lead.attempts)
        return "|".join(map(str, values))

    async def lead_search(self) -> str:
        try:
            lead = await self._lead()
        except RefusedInWords:
            return f"ERROR: lead_search NO LEADS FOUND - {self._text('phone_number')}"
        return f"{self._text('phone_number')}|1|{lead.id}"

    # ---------------------------------------------------------------- do-not-call

    async def add_dnc_phone(self) -> str:
        number = self._number().number
        await self._check_house()
        await self._store.do_not_call.add([number], "house", self._console.now())
        return f"SUCCESS: add_dnc_phone PHONE NUMBER ADDED TO DNC LIST - {self._session.name}|{number}|SYSTEM_INTERNAL"

    async def delete_dnc_phone(self) -> str:
        number = self._number().number
        await self._check_house()
        if not await self._store.do_not_call.remove(number, "house", now=self._console.now()):
            raise RefusedInWords(f"PHONE NUMBER NOT IN DNC LIST - {self._session.name}|{number}|SYSTEM_INTERNAL")
        shown = f"{self._session.name}|{number}|SYSTEM_INTERNAL"
        return f"SUCCESS: delete_dnc_phone PHONE NUMBER DELETED FROM DNC LIST - {shown}"

    async def _check_house(self) -> None:
        if self._session.limited:
            raise RefusedInWords(f"NOT AN ALLOWED DNC LIST - {self._session.name}|SYSTEM_INTERNAL")

    # ---------------------------------------------------------------- what is going on

    async def campaigns_list(self) -> str:
        campaigns = await self._console.campaigns(self._session)
        lines = [f"{one.id}|{one.name}|{'Y' if one.status == 'running' else 'N'}|||||" for one in campaigns]
        return "\n".join(lines) or "ERROR: campaigns_list NO CAMPAIGNS"

    async def agent_status(self) -> str:
        login, seat = await self._seated()
        lead = seat.lead or ""
        state = _STATES.get(seat.state, seat.state.upper())
        return f"{state}|{seat.call or ''}|{lead}|{seat.campaign or ''}|0|{login.agent.name}|||{seat.reason}|"

    async def logged_in_agents(self) -> str:
        view = await seen_by(self._session, self._console.floor.view(), self._console.campaigns)
        codes = {one.agent.id: one.code or one.login for one in await self._store.agents.list()}
        lines = [
            f"{codes.get(one.id, one.id)}|{one.campaign or ''}||{_STATES.get(one.state, one.state.upper())}|"
            f"{one.lead or ''}|{one.call or ''}|0|{one.name}|||{one.reason}|"
            for one in view.agents
            if one.state != "signed_out"
        ]
        return "\n".join(lines) or "ERROR: logged_in_agents NO LOGGED IN AGENTS"

    async def recording_lookup(self) -> str:
        lead = await self._lead()
        page = await self._store.calls.page(CallFilter(lead=lead.id, recorded=True), limit=LOOKED_BACK)
        lines = [
            f"{datetime.fromtimestamp(one.record.reserved_at, UTC):%Y-%m-%d %H:%M:%S}|{one.agent}|{one.record.id}|"
            f"{lead.id}|/api/v1/recordings/{one.record.id}/audio"
            for one in page.items
        ]
        return "\n".join(lines) or f"ERROR: recording_lookup NO RECORDINGS FOUND - {self._session.name}|{lead.id}"

    # ---------------------------------------------------------------- agents

    async def _asked(self, event: Event) -> None:
        refused = await self._console.floor.ask(event)
        if refused is not None:
            raise RefusedInWords(f"{refused.reason.upper()} - {self._text('agent_user')}")

    async def external_dial(self) -> str:
        login, seat = await self._own()
        campaign = seat.campaign or next(iter(seat.campaigns), None)
        if campaign is None:
            raise RefusedInWords(f"agent_user is not on a campaign - {self._text('agent_user')}")
        number = self._number().number
        await self._asked(NumberDialled(login.agent.id, CampaignId(campaign), number, None))
        shown = f"{self._text('value')}|{self._text('agent_user')}|{self._text('phone_code') or '1'}|NO|NO|NO|"
        return f"SUCCESS: external_dial function set - {shown}"

    async def external_status(self) -> str:
        login, seat = await self._own()
        if seat.call is None:
            raise RefusedInWords(f"agent_user is not on a call - {self._text('agent_user')}")
        await self._asked(CallDispositioned(login.agent.id, seat.call, self._text("value"), None, ""))
        return f"SUCCESS: external_status function set - {self._text('agent_user')}|{self._text('value')}"

    async def external_pause(self) -> str:
        login, _ = await self._own()
        wanted = self._text("value").upper()
        if wanted not in {"PAUSE", "RESUME"}:
            raise RefusedInWords(f"INVALID VALUE - {wanted}|{self._text('agent_user')}")
        agent = AgentId(login.agent.id)
        await self._asked(AgentPaused(agent, "external") if wanted == "PAUSE" else AgentReady(agent))
        return f"SUCCESS: external_pause function set - {wanted}|{int(time.time())}|{self._text('agent_user')}"

    async def external_hangup(self) -> str:
        login, seat = await self._own()
        if seat.call is None:
            raise RefusedInWords(f"agent_user is not on a call - {self._text('agent_user')}")
        await self._asked(HangupRequested(login.agent.id))
        return f"SUCCESS: external_hangup function set - 1|{self._text('agent_user')}"


_FUNCTIONS: dict[str, tuple[Permission, Callable[[Vicidial], Awaitable[str]]]] = {
    "version": (P.SIGNED_IN, Vicidial.version),
    "add_lead": (P.LISTS_WRITE, Vicidial.add_lead),
    "update_lead": (P.LEADS_WRITE, Vicidial.update_lead),
    "lead_all_info": (P.LEADS_READ, Vicidial.lead_all_info),
    "lead_search": (P.LEADS_READ, Vicidial.lead_search),
    "add_dnc_phone": (P.LAW_WRITE, Vicidial.add_dnc_phone),
    "delete_dnc_phone": (P.LAW_LIFT, Vicidial.delete_dnc_phone),
    "campaigns_list": (P.CAMPAIGNS_READ, Vicidial.campaigns_list),
    "agent_status": (P.FLOOR_READ, Vicidial.agent_status),
    "logged_in_agents": (P.FLOOR_READ, Vicidial.logged_in_agents),
    "recording_lookup": (P.RECORDINGS_READ, Vicidial.recording_lookup),
    "external_dial": (P.FLOOR_RUN, Vicidial.external_dial),
    "external_status": (P.FLOOR_RUN, Vicidial.external_status),
    "external_pause": (P.FLOOR_RUN, Vicidial.external_pause),
    "external_hangup": (P.FLOOR_RUN, Vicidial.external_hangup),
}
FUNCTIONS = frozenset(_FUNCTIONS)
CHANGING = {  # which change something, with what the trail says
    "add_lead": "vicidial.add_lead",
    "update_lead": "vicidial.update_lead",
    "add_dnc_phone": "vicidial.add_dnc_phone",
    "delete_dnc_phone": "vicidial.delete_dnc_phone",
    "external_dial": "vicidial.external_dial",
    "external_status": "vicidial.external_status",
    "external_pause": "vicidial.external_pause",
    "external_hangup": "vicidial.external_hangup",
}
