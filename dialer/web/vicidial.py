"""The calls of VICIdial's two APIs that integrators use most, answered in its words by this dialer's own means.

A list is a campaign here (`list_id` is the campaign's number), a user an agent by code or login. What a caller may do
is what the API token allows that stands in the place of the password.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from dialer.core.ids import AgentId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    CallDispositioned,
    Event,
    HangupRequested,
    NumberDialled,
)
from dialer.core.view import AgentView
from dialer.errors import DialerError
from dialer.leads.numbers import country_of
from dialer.store import AgentLogin, CallFilter
from dialer.web import vicidial_words as words
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError
from dialer.web.scope import seen_by
from dialer.web.vicidial_asked import SOUGHT, RefusedInWords
from dialer.web.vicidial_leads import FOUND_MAX, AskedOfLeads
from dialer.web.views import agent_view

P = Permission


class Vicidial(AskedOfLeads):
    """One request: who asks, and what was given."""

    async def answer(self) -> str:
        """The answer to the function that was asked for, one line or more."""
        name = self._given.get("function", "")
        found = _FUNCTIONS.get(name)
        if found is None:
            return f"ERROR: NO FUNCTION SPECIFIED OR NOT SERVED HERE - {words.cell(name)[:40]}"
        need, function = found
        if not self._session.may(need):
            return f"ERROR: {name} USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - {self._user}"
        whose = "" if name.startswith("external_") else f"{name} "  # the agents' API does not say its name
        try:
            return await function(self)
        except RefusedInWords as refused:
            return f"ERROR: {whose}{refused}"
        except (ProblemError, DialerError) as error:
            return f"ERROR: {whose}{words.cell(error).upper()}"

    # ---------------------------------------------------------------- what is going on

    async def version(self) -> str:
        at = datetime.now(UTC)
        return f"VERSION: cadencia|BUILD: 1|DATE: {at:%Y-%m-%d %H:%M:%S}|EPOCH: {int(at.timestamp())}"

    async def campaigns_list(self) -> str:
        meant = self._text("campaign_id")
        campaigns = [one for one in await self._campaigns() if meant in {"", str(one.id), one.name}]
        if not campaigns:
            raise RefusedInWords(f"THIS USER HAS NO VIEWABLE CAMPAIGNS - {self._user}")
        rows = [
            (one.id, one.name, "Y" if one.status == "running" else "N", "", words.DIAL_METHODS[one.mode], "", "", "")
            for one in campaigns
        ]
        return words.table(self._given, words.CAMPAIGN, rows)

    async def agent_status(self) -> str:
        found = await self._agent()
        if found is None:
            raise RefusedInWords(f"AGENT NOT FOUND - {self._user}||")
        login, seat = found
        if seat.state == "signed_out":
            raise RefusedInWords(f"AGENT NOT LOGGED IN - {self._user}||")
        row = (
            words.STATES.get(seat.state, seat.state.upper()), seat.call, seat.lead, seat.campaign, 0, login.agent.name,
            "", "", seat.reason, words.SUB_STATES.get(seat.state, ""), self._shown(seat.number or ""),
            await self._account(seat.lead), "",
        )  # fmt: skip
        return words.table(self._given, words.AGENT, [row])

    async def _account(self, lead: LeadId | None) -> str:
        """What the lead is known by in the other system."""
        found = await self._store.leads.view(lead, now=self._console.now()) if lead is not None else None
        return found.account.external_id if found is not None and found.account is not None else ""

    async def logged_in_agents(self) -> str:
        view = await seen_by(self._session, self._console.floor.view(), self._console.campaigns)
        codes = await self._codes()
        rows = [
            (
                codes.get(one.id, one.id), one.campaign, "", words.STATES.get(one.state, one.state.upper()), one.lead,
                one.call, 0, one.name, "", "", one.reason, words.SUB_STATES.get(one.state, ""),
            )
            for one in view.agents
            if one.state != "signed_out"
        ]  # fmt: skip
        if not rows:
            raise RefusedInWords(f"NO LOGGED IN AGENTS - {self._user}")
        return words.table(self._given, words.LOGGED_IN, rows)

    async def _codes(self) -> Mapping[AgentId, str]:
        """What agents are called by here: code, else login."""
        return {one.agent.id: one.code or one.login for one in await self._store.agents.list()}

    async def recording_lookup(self) -> str:
        page = await self._store.calls.page(await self._meant_calls(), limit=FOUND_MAX)
        if not page.items:
            sought = f"{self._plain('agent_user')}|{self._plain('lead_id')}|{self._plain('date')}|"
            raise RefusedInWords(f"NO RECORDINGS FOUND - {self._user}|{sought}")
        codes, lasting, rows = await self._codes(), self._said("duration"), list[tuple[object, ...]]()
        for call in (one.record for one in page.items):
            at = datetime.fromtimestamp(call.reserved_at).astimezone()
            agent = codes.get(call.agent, "") if call.agent is not None else ""
            talked = round(call.ended_at - call.bridged_at) if call.ended_at and call.bridged_at else 0
            address = f"{self._base}/api/v1/recordings/{call.id}/audio"
            lasts = (talked,) if lasting else ()
            rows.append((f"{at:%Y-%m-%d %H:%M:%S}", agent, call.id, call.lead, *lasts, address))
        return words.table(self._given, words.RECORDING_LASTING if lasting else words.RECORDING, rows)

    async def _meant_calls(self) -> CallFilter:
        """The recorded calls of a lead, of an agent, of a day by the clock of this machine; each narrows the others."""
        lead = (await self._lead("NO RECORDINGS FOUND")).id if any(map(self._text, SOUGHT)) else None
        agent, text = await self._agent(), self._text("agent_user")
        if text and agent is None:
            raise RefusedInWords(f"NO RECORDINGS FOUND - {self._user}|{words.cell(text)}||")
        since = self._day() if self._text("date") else None
        if lead is None and agent is None and since is None:
            raise RefusedInWords(f"INVALID SEARCH PARAMETERS - {self._user}||||")
        mine = frozenset(int(one.id) for one in await self._campaigns()) if self._session.limited else None
        return CallFilter(
            lead=lead,
            agent=agent[0].agent.id if agent is not None else None,
            recorded=True,
            campaigns=mine,
            since=since.timestamp() if since is not None else None,
            until=(since + timedelta(days=1)).timestamp() if since is not None else None,
        )

    def _day(self) -> datetime:
        """The beginning of the day that was given."""
        try:
            return datetime.strptime(self._text("date"), "%Y-%m-%d").astimezone()
        except ValueError as error:
            raise RefusedInWords(f"INVALID SEARCH PARAMETERS - {self._user}||{self._plain('date')}|") from error

    # ---------------------------------------------------------------- agents

    async def _own(self) -> tuple[AgentLogin, AgentView]:
        """One at work whose call, if there is any, is of a campaign that the caller may see."""
        found, text = await self._agent(), self._plain("agent_user")
        if found is None:
            raise RefusedInWords(f"no user found - {text}")
        login, seat = found
        if seat.state == "signed_out":
            raise RefusedInWords(f"agent_user is not logged in - {text}")
        now = agent_view(self._console.floor.view(), login.agent.id)
        if now is None or now.call != seat.call or now.campaign != seat.campaign:
            raise RefusedInWords(f"agent_user is busy - {text}")
        return login, seat

    async def _asked(self, event: Event) -> None:
        refused = await self._console.floor.ask(event)
        if refused is not None:
            raise RefusedInWords(f"{words.cell(refused.reason)} - {self._plain('agent_user')}")

    async def external_dial(self) -> str:
        login, seat = await self._own()
        campaign = seat.campaign or next(iter(seat.campaigns), None)
        known = await self._store.campaigns.get(campaign) if campaign is not None else None
        if known is None:
            raise RefusedInWords(f"agent_user is not on a campaign - {self._plain('agent_user')}")
        read = self._number(country_of(known))
        if not read.valid:
            raise RefusedInWords(f"phone number is not valid - {self._user}|{self._plain('value')}||")
        await self._asked(NumberDialled(login.agent.id, known.id, read.number, None))
        self.touched |= {"campaign": known.id}
        who = f"{self._plain('agent_user')}|{self._plain('phone_code') or '1'}"
        return f"SUCCESS: external_dial function set - {self._plain('value')}|{who}|NO|NO|NO||{int(time.time())}||||"

    async def external_status(self) -> str:
        login, seat = await self._own()
        if seat.call is None:
            raise RefusedInWords(f"agent_user is not on a call - {self._plain('agent_user')}")
        await self._asked(CallDispositioned(login.agent.id, seat.call, self._text("value"), None, ""))
        self.touched |= {"call": seat.call, "code": self._plain("value")}
        return f"SUCCESS: external_status function set - {self._plain('value')}|{self._plain('agent_user')}"

    async def external_pause(self) -> str:
        login, _ = await self._own()
        wanted = self._text("value").upper()
        if wanted not in {"PAUSE", "RESUME"}:
            raise RefusedInWords(f"external_pause not valid - {self._plain('value')}|{self._plain('agent_user')}")
        agent = login.agent.id
        await self._asked(AgentPaused(agent, "external") if wanted == "PAUSE" else AgentReady(agent))
        return f"SUCCESS: external_pause function set - {wanted}|{int(time.time())}|{self._plain('agent_user')}"

    async def external_hangup(self) -> str:
        login, seat = await self._own()
        if seat.call is None:
            raise RefusedInWords(f"agent_user is not on a call - {self._plain('agent_user')}")
        await self._asked(HangupRequested(login.agent.id))
        self.touched |= {"call": seat.call}
        return f"SUCCESS: external_hangup function set - 1|{self._plain('agent_user')}"


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
