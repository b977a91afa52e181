"""Agents changed one by one and in bulk: teams, skills and shifts as CSV, in and out."""

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import AgentSet, AgentSignedOut
from dialer.core.model import Agent
from dialer.leads.safe_csv import SafeWriter
from dialer.shifts import SHIFT
from dialer.store import AgentLogin
from dialer.store.schedules import Profile
from dialer.web.access import Caller, TheConsole
from dialer.web.agent_routes import AgentShown, agent_shown, seen_campaigns
from dialer.web.agent_sheet import COLUMNS, PASSWORD_MIN, YES, Row, RowFault, Wrong, fault, faults_of, parts, rows_of
from dialer.web.audit import note_change
from dialer.web.bodies import PLAIN, Body, Id, Named, SkillName
from dialer.web.console import Console
from dialer.web.matching import check_match, mark
from dialer.web.passwords import hash_secret
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/agents", tags=["agents"], responses=responses(401, 403, 404))


class AgentChange(Body):
    """An agent's settings; what is left out stays."""

    name: Named = ""
    code: Annotated[str, Field(pattern=r"^\d{0,20}$")] = ""
    pin: Annotated[str, Field(pattern=r"^\d{4,20}$")] = ""
    password: Annotated[str, Field(min_length=PASSWORD_MIN, max_length=200)] = ""
    campaigns: Annotated[list[Id], Field(max_length=200, default_factory=list)]
    endpoint: Annotated[str, Field(max_length=80, pattern=r"^(PJSIP/[A-Za-z0-9_.\-]+)?$")] = ""
    active: bool = True
    elsewhere: bool = False
    team: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    skills: Annotated[list[SkillName], Field(max_length=50, default_factory=list)]
    shift: Annotated[str, Field(pattern=SHIFT, examples=["mon-fri 09:00-13:00 14:00-18:00"])] = ""


class AgentsGiven(Body):
    """Agents as CSV with a header: login, name, code, pin, password, endpoint, campaigns, team, skills, shift, active,
    elsewhere.

    A login that is known changes that agent, by the columns that the file has; any other adds one. Campaigns (by name)
    and skills are divided by `;`. Cells are divided by commas, semicolons or tabs, as the header is.
    """

    csv: Annotated[str, Field(min_length=1, max_length=900_000, examples=["login,name,team\nana,Ana,cards\n"])]
    dry_run: bool = False


class AgentsLoaded(BaseModel):
    """What became, or would become, of the rows. With `errors` nothing was changed: mend them and send all again."""

    added: int
    changed: int
    errors: list[RowFault]


async def _agent(console: Console, session: Session, agent: int) -> AgentLogin:
    found = await console.store.agents.get(AgentId(agent))
    mine = {one.id for one in await console.campaigns(session)} if session.limited else None
    if found is None or (mine is not None and not mine & set(found.agent.campaigns)):
        raise ProblemError("not_found", "there is no such agent")
    return found


@router.get("/csv", operation_id="exportAgents", responses={200: {"content": {"text/csv": {}}}})
async def export_agents(session: Caller, console: TheConsole) -> Response:
    """All agents as CSV, to be changed and sent back; without secrets."""
    profiles = await console.store.profiles.all()
    campaigns = {one.id: one.name for one in await console.campaigns(session)}
    out = io.StringIO(newline="")
    writer = SafeWriter(out)
    columns = [one for one in COLUMNS if one not in {"pin", "password"}]
    writer.row(columns)
    for login in await console.store.agents.list():
        agent, own = login.agent, profiles.get(login.agent.id, Profile(agent=login.agent.id))
        if session.limited and not campaigns.keys() & set(agent.campaigns):
            continue
        names = ";".join(campaigns[one] for one in agent.campaigns if one in campaigns)
        row = {"login": login.login, "name": agent.name, "code": login.code, "endpoint": agent.endpoint}
        row |= {"campaigns": names, "team": own.team, "skills": ";".join(own.skills), "shift": own.shift}
        row |= {"active": "yes" if login.active else "no", "elsewhere": "yes" if login.elsewhere else "no"}
        writer.row([row[one] for one in columns])
    headers = {"Content-Disposition": 'attachment; filename="agents.csv"'}
    return Response(out.getvalue(), media_type="text/csv", headers=headers)


@router.post("/csv", operation_id="loadAgents", responses=responses(409))
async def load_agents(body: AgentsGiven, session: Caller, console: TheConsole) -> AgentsLoaded:
    """Add and change many agents at once: all, or none where a row is wrong."""
    rows = rows_of(body.csv)
    known, errors = await _looked_at(console, session, rows)
    if not errors and not body.dry_run:
        secrets = await asyncio.to_thread(_hashed, rows)
        async with console.people:
            known, errors = await _looked_at(console, session, rows)  # who was quicker, meanwhile
            if not errors:
                await _load(console, session, rows, known, secrets)
    added = sum(row["login"] not in known for row in rows)
    return AgentsLoaded(added=added, changed=len(rows) - added, errors=errors[:100])


async def _looked_at(
    console: Console, session: Session, rows: list[Row]
) -> tuple[dict[str, AgentLogin], list[RowFault]]:
    """The agents, by login, that the person may change, and what is wrong. Raises ProblemError(forbidden)."""
    campaigns = {one.name: one.id for one in await console.campaigns(session)}
    agents = {one.login: one for one in await console.store.agents.list()}
    mine = {*campaigns.values()}
    known = {login: one for login, one in agents.items() if not session.limited or mine & {*one.agent.campaigns}}
    errors = [*faults_of(rows, campaigns), *await _taken(console, rows, agents, known)]
    for row in rows:
        if row["login"] in known and any(row.get(one) for one in ("pin", "password", "elsewhere")):
            await _check_secrets(console, session, known[row["login"]])
    return known, errors


async def _taken(
    console: Console, rows: list[Row], agents: Mapping[str, AgentLogin], known: Mapping[str, AgentLogin]
) -> list[RowFault]:
    """Logins and codes that are somebody else's: the database would refuse them half way."""
    found = []
    owners = {one.code: login for login, one in agents.items() if one.code}
    users = {one.login for one in await console.store.users.list()}
    for n, row in enumerate(rows, 2):
        login = row["login"]
        if login not in known and (login in agents or login in users):
            found.append(fault(n, Wrong.LOGIN_TAKEN, "login: it is somebody else's", login))
        if owners.get(row.get("code", ""), login) != login:
            found.append(fault(n, Wrong.CODE_TAKEN, "code: it is another agent's", row["code"]))
    return found


async def _check_secrets(console: Console, session: Session, login: AgentLogin) -> None:
    """Raises ProblemError where the agent works for others too: who knows the secret, or comes in through the provider
    as the agent, would see what is theirs."""
    if session.limited and not {*login.agent.campaigns} <= {one.id for one in await console.campaigns(session)}:
        raise ProblemError(
            "forbidden", "the agent works for others too: who sees all campaigns may say what lets the agent in"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    """What is to be kept of the secrets given; None: what there is stays."""

    pin: str | None = None
    password: str | None = None

    def put(self, login: AgentLogin) -> AgentLogin:
        if self.pin is not None:
            login = replace(login, pin_hash=self.pin)
        return replace(login, password_hash=self.password) if self.password is not None else login

    @property
    def names(self) -> list[str]:
        """Which were given, for the trail: a secret itself never comes there."""
        return [name for name, given in (("pin", self.pin), ("password", self.password)) if given is not None]

    @property
    def noted(self) -> dict[str, object]:
        return {"secrets": self.names} if self.names else {}


def _hash(pin: str, password: str) -> _Secrets:
    """Takes some 30 ms of a core for each."""
    return _Secrets(
        pin=hash_secret(pin) if pin else None,
        password=hash_secret(password) if password else None,
    )


def _hashed(rows: list[Row]) -> list[_Secrets]:
    return [_hash(row.get("pin", ""), row.get("password", "")) for row in rows]


async def _load(
    console: Console, session: Session, rows: list[Row], known: Mapping[str, AgentLogin], secrets: list[_Secrets]
) -> None:
    """Keep the rows, each with its line in the trail; the caller holds `people`."""
    campaigns = {one.name: one.id for one in await console.campaigns(session)}
    profiles = await console.store.profiles.all()
    for row, secret in zip(rows, secrets, strict=True):
        old = known.get(row["login"])
        bare = old or AgentLogin(agent=Agent(id=AgentId(0), name=row["login"], campaigns=()), login=row["login"])
        saved = await console.store.agents.save(secret.put(_as_row(bare, row, campaigns)), was=old)
        was = profiles.get(saved.agent.id, Profile(agent=saved.agent.id))
        own = _profile_as_row(was, row)
        await console.store.profiles.save([own])
        await _tell(console, _skilled(saved, own))
        if secret.names or (bare.subject and not saved.subject):
            await _end_all(console, saved)
        before, after = agent_shown(old, was) if old is not None else None, agent_shown(saved, own)
        if before != after or secret.names:
            action = "agent.change" if old is not None else "agent.add"
            which = {"agent": saved.agent.id, **secret.noted}
            await note_change(console, session, action, which, before=before, after=after)
    added = sum(row["login"] not in known for row in rows)
    await console.note(session, "agent.load", added=added, changed=len(rows) - added)


def _as_row(login: AgentLogin, row: Row, campaigns: Mapping[str, CampaignId]) -> AgentLogin:
    """The agent as the row says; what the sheet has no column for stays."""
    agent = replace(
        login.agent, name=row.get("name") or login.agent.name, endpoint=row.get("endpoint", login.agent.endpoint)
    )
    if "campaigns" in row:
        others = [one for one in agent.campaigns if one not in campaigns.values()]
        agent = replace(agent, campaigns=(*others, *(campaigns[one] for one in parts(row, "campaigns"))))
    active = row["active"].lower() in YES if row.get("active") else login.active
    elsewhere = row["elsewhere"].lower() in YES if row.get("elsewhere") else login.elsewhere
    return _coming(replace(login, agent=agent, code=row.get("code", login.code), active=active), elsewhere=elsewhere)


def _coming(login: AgentLogin, *, elsewhere: bool) -> AgentLogin:
    """The agent, coming in through the provider or not: who no longer does is nobody there."""
    return replace(login, elsewhere=elsewhere, subject=login.subject if elsewhere else "")


def _profile_as_row(own: Profile, row: Row) -> Profile:
    skills = tuple(parts(row, "skills")) if "skills" in row else own.skills
    return replace(own, team=row.get("team", own.team), skills=skills, shift=row.get("shift", own.shift))


def _skilled(login: AgentLogin, own: Profile) -> AgentLogin:
    """The agent with the skills as they are kept now."""
    return replace(login, agent=replace(login.agent, skills=own.skills))


async def _tell(console: Console, saved: AgentLogin) -> None:
    if saved.active:
        await console.ask(AgentSet(saved.agent))
    else:
        await console.floor.ask(AgentSignedOut(saved.agent.id))
        await _end_all(console, saved)


async def _end_all(console: Console, login: AgentLogin) -> None:
    """End what the agent has open: whoever knew the old secret is out. The state at the desk stays."""
    await console.store.tokens.remove_of(agent=login.agent.id)
    console.sessions.forget()


@router.get("/{agent}", operation_id="getAgent")
async def get_agent(agent: Id, session: Caller, console: TheConsole, response: Response) -> AgentShown:
    """One agent as configured."""
    found, mine = await _agent(console, session, agent), await seen_campaigns(console, session)
    shown = agent_shown(found, (await console.store.profiles.all()).get(agent), mine=mine)
    mark(response, shown)
    return shown


@router.patch("/{agent}", operation_id="changeAgent", responses=responses(409, 412))
async def change_agent(
    agent: Id, body: AgentChange, session: Caller, console: TheConsole, request: Request
) -> AgentShown:
    """Change an agent, known to the dialer at once. One who is made inactive ends work after the present call.

    A new PIN or password, and no longer coming in through the provider, end the agent's sessions; the state at the desk
    stays.
    """
    given = body.model_fields_set
    secrets = await asyncio.to_thread(_hash, body.pin, body.password) if given & {"pin", "password"} else _Secrets()
    async with console.people:
        login, mine = await _agent(console, session, agent), await seen_campaigns(console, session)
        profile = (await console.store.profiles.all()).get(agent, Profile(agent=agent))
        check_match(request, agent_shown(login, profile, mine=mine))
        wanted = secrets.put(await _changed(console, session, login, body))
        if secrets.names or wanted.elsewhere != login.elsewhere:
            await _check_secrets(console, session, login)
        saved = await console.store.agents.save(wanted, was=login)
        own = {name: getattr(body, name) for name in given & {"team", "shift"}}
        if "skills" in given:
            own["skills"] = tuple(body.skills)
        kept = replace(profile, **own)
        await console.store.profiles.save([kept])
        await _tell(console, _skilled(saved, kept))
        if secrets.names or (login.subject and not saved.subject):
            await _end_all(console, saved)
    which = {"agent": agent, **secrets.noted}
    before, after = agent_shown(login, profile), agent_shown(saved, kept)
    await note_change(console, session, "agent.change", which, before=before, after=after)
    return agent_shown(saved, kept, mine=mine)


async def _changed(console: Console, session: Session, login: AgentLogin, body: AgentChange) -> AgentLogin:
    """The agent with what the body gives, but for secrets. Raises ProblemError for a campaign that is not there."""
    given, mine = body.model_fields_set, {one.id for one in await console.campaigns(session)}
    if not {*body.campaigns} <= mine:
        raise ProblemError("not_found", "one of the campaigns does not exist")
    changes = {name: getattr(body, name) for name in given & {"name", "endpoint"}}
    if "campaigns" in given:
        others = [one for one in login.agent.campaigns if one not in mine]  # they stay as they are
        changes["campaigns"] = (*others, *(CampaignId(one) for one in body.campaigns))
    login = replace(login, agent=replace(login.agent, **changes))
    if "elsewhere" in given:
        login = _coming(login, elsewhere=body.elsewhere)
    return replace(login, **{name: getattr(body, name) for name in given & {"code", "active"}})
