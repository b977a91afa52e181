"""Agents changed one by one and in bulk: teams, skills and shifts as CSV, in and out."""

import asyncio
import csv
import io
import re
from dataclasses import replace
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
from dialer.web.agent_routes import AgentShown, agent_shown
from dialer.web.audit import note_change
from dialer.web.bodies import PLAIN, Body, Id, Named, SkillName
from dialer.web.console import Console
from dialer.web.matching import check_match, mark
from dialer.web.passwords import hash_secret
from dialer.web.problems import Fault, ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/agents", tags=["agents"], responses=responses(401, 403, 404))

SKILL = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
ROWS_MAX = 2_000
_WORDS = r"[^\x00-\x1f\x7f]{0,80}"
_COLUMNS = ("login", "name", "code", "pin", "password", "endpoint", "campaigns", "team", "skills", "shift", "active")


class AgentChange(Body):
    """An agent's settings; what is left out stays."""

    name: Named = ""
    code: Annotated[str, Field(pattern=r"^\d{0,20}$")] = ""
    pin: Annotated[str, Field(pattern=r"^\d{4,20}$")] = ""
    password: Annotated[str, Field(min_length=8, max_length=200)] = ""
    campaigns: Annotated[list[Id], Field(max_length=200, default_factory=list)]
    endpoint: Annotated[str, Field(max_length=80, pattern=r"^(PJSIP/[A-Za-z0-9_.\-]+)?$")] = ""
    active: bool = True
    team: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    skills: Annotated[list[SkillName], Field(max_length=50, default_factory=list)]
    shift: Annotated[str, Field(pattern=SHIFT, examples=["mon-fri 09:00-13:00 14:00-18:00"])] = ""


class AgentsGiven(Body):
    """Agents as CSV with a header: login, name, code, pin, password, endpoint, campaigns, team, skills, shift, active.

    A login that is known changes that agent, by the columns that the file has; any other adds one. Campaigns (by name)
    and skills are divided by `;`.
    """

    csv: Annotated[str, Field(min_length=1, max_length=900_000, examples=["login,name,team\nana,Ana,cards\n"])]
    dry_run: bool = False


class AgentsLoaded(BaseModel):
    """What became, or would become, of the rows. With `errors` nothing was changed: mend them and send all again."""

    added: int
    changed: int
    errors: list[Fault]


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
    columns = [one for one in _COLUMNS if one not in {"pin", "password"}]
    writer.row(columns)
    for login in await console.store.agents.list():
        agent, own = login.agent, profiles.get(login.agent.id, Profile(agent=login.agent.id))
        if session.limited and not campaigns.keys() & set(agent.campaigns):
            continue
        names = ";".join(campaigns[one] for one in agent.campaigns if one in campaigns)
        row = {"login": login.login, "name": agent.name, "code": login.code, "endpoint": agent.endpoint}
        row |= {"campaigns": names, "team": own.team, "skills": ";".join(own.skills), "shift": own.shift}
        row["active"] = "yes" if login.active else "no"
        writer.row([row[one] for one in columns])
    headers = {"Content-Disposition": 'attachment; filename="agents.csv"'}
    return Response(out.getvalue(), media_type="text/csv", headers=headers)


@router.post("/csv", operation_id="loadAgents", responses=responses(409))
async def load_agents(body: AgentsGiven, session: Caller, console: TheConsole) -> AgentsLoaded:
    """Add and change many agents at once: all, or none where a row is wrong."""
    rows = _rows(body.csv)
    campaigns = {one.name: one.id for one in await console.campaigns(session)}
    agents = {one.login: one for one in await console.store.agents.list()}
    known = {
        login: one
        for login, one in agents.items()
        if not session.limited or set(campaigns.values()) & set(one.agent.campaigns)
    }
    errors = [
        Fault(where=f"line {n}", what=fault) for n, row in enumerate(rows, 2) for fault in _faults(row, campaigns)
    ]
    errors += await _taken(console, rows, agents, known)
    for row in rows:
        if row["login"] in known and _has_secret(row):
            await _check_secrets(console, session, known[row["login"]])
    added = sum(row["login"] not in known for row in rows)
    if not errors and not body.dry_run:
        for row in rows:
            await _load(console, row, known.get(row["login"]), campaigns)
        await console.note(session, "agent.load", added=added, changed=len(rows) - added)
    return AgentsLoaded(added=added, changed=len(rows) - added, errors=errors[:100])


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of the file. Raises ProblemError for one that is none."""
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise ProblemError("invalid", f"csv: {error}") from error
    if not rows or len(rows) > ROWS_MAX or not {*rows[0]} <= {*_COLUMNS, None} or "login" not in rows[0]:
        raise ProblemError("invalid", f"csv: 1 to {ROWS_MAX} rows under a header of {', '.join(_COLUMNS)}, with login")
    for n, row in enumerate(rows, 2):
        if None in row or None in row.values():  # the reader's way to say so
            raise ProblemError("invalid", f"csv: line {n} has not as many cells as the header")
    return rows


async def _taken(
    console: Console, rows: list[dict[str, str]], agents: dict[str, AgentLogin], known: dict[str, AgentLogin]
) -> list[Fault]:
    """Logins and codes that are somebody else's, or stand twice: the database would refuse them half way."""
    found = []
    owners = {one.code: login for login, one in agents.items() if one.code}
    codes = [row["code"] for row in rows if row.get("code")]
    if len(set(codes)) < len(codes) or len({row["login"] for row in rows}) < len(rows):
        found.append(Fault(where="csv", what="a login or code stands in more than one row"))
    for n, row in enumerate(rows, 2):
        login = row["login"]
        if login not in known and (login in agents or await console.store.users.by_login(login)):
            found.append(Fault(where=f"line {n}", what="login: it is somebody else's"))
        if owners.get(row.get("code", ""), login) != login:
            found.append(Fault(where=f"line {n}", what="code: it is another agent's"))
    return found


def _has_secret(row: dict[str, str]) -> bool:
    return bool(row.get("pin") or row.get("password"))


async def _check_secrets(console: Console, session: Session, login: AgentLogin) -> None:
    """Raises ProblemError where the agent works for others too: who knows the secret would see what is theirs."""
    if session.limited and not {*login.agent.campaigns} <= {one.id for one in await console.campaigns(session)}:
        raise ProblemError("forbidden", "the agent works for others too: who sees all campaigns may set secrets")


def _faults(row: dict[str, str], campaigns: dict[str, CampaignId]) -> list[str]:
    """What is wrong with a row."""
    found = []
    patterns = {"login": r"[A-Za-z0-9_.@\-]{1,80}", "code": r"\d{0,20}", "pin": r"(\d{4,20})?", "shift": SHIFT}
    patterns |= {"endpoint": r"(PJSIP/[A-Za-z0-9_.\-]+)?", "active": r"(yes|no|si|sí|sim|não|nao)?"}
    patterns |= {"name": _WORDS, "team": _WORDS}
    for column, pattern in patterns.items():
        if row.get(column) is not None and not re.fullmatch(pattern, row[column].strip()):
            found.append(f"{column}: not of the form {pattern}")
    unknown = [one for one in _parts(row, "campaigns") if one not in campaigns]
    if unknown:
        found.append(f"campaigns: there is none called {', '.join(unknown)}")
    strange = [one for one in _parts(row, "skills") if SKILL.fullmatch(one) is None]
    if strange:
        found.append(f"skills: letters, digits and . _ - alone, not {', '.join(strange)}")
    if row.get("password") and len(row["password"]) < 8:
        found.append("password: at least 8 signs")
    return found


def _parts(row: dict[str, str], column: str) -> list[str]:
    return [one.strip() for one in (row.get(column) or "").split(";") if one.strip()]


async def _load(
    console: Console, row: dict[str, str], known: AgentLogin | None, campaigns: dict[str, CampaignId]
) -> None:
    bare = AgentLogin(agent=Agent(id=AgentId(0), name=row["login"], campaigns=()), login=row["login"])
    login, given = known or bare, {name: (value or "").strip() for name, value in row.items()}
    agent = login.agent
    if given.get("name"):
        agent = replace(agent, name=given["name"])
    if "endpoint" in given:
        agent = replace(agent, endpoint=given["endpoint"])
    if "campaigns" in given:
        others = [one for one in agent.campaigns if one not in campaigns.values()]
        agent = replace(agent, campaigns=(*others, *(campaigns[one] for one in _parts(row, "campaigns"))))
    login = replace(login, agent=agent, code=given.get("code", login.code))
    if given.get("pin"):
        login = replace(login, pin_hash=await asyncio.to_thread(hash_secret, given["pin"]))
    if given.get("password"):
        login = replace(login, password_hash=await asyncio.to_thread(hash_secret, given["password"]))
    if given.get("active"):
        login = replace(login, active=given["active"] in {"yes", "si", "sí", "sim"})
    saved = await console.store.agents.save(login)
    own = (await console.store.profiles.all()).get(saved.agent.id, Profile(agent=saved.agent.id))
    skills = tuple(_parts(row, "skills")) if "skills" in given else own.skills
    own = replace(own, team=given.get("team", own.team), skills=skills, shift=given.get("shift", own.shift))
    await console.store.profiles.save([own])
    await _tell(console, _skilled(saved, own))


def _skilled(login: AgentLogin, own: Profile) -> AgentLogin:
    """The agent with the skills as they are kept now."""
    return replace(login, agent=replace(login.agent, skills=own.skills))


async def _tell(console: Console, saved: AgentLogin) -> None:
    if saved.active:
        await console.ask(AgentSet(saved.agent))
    else:
        await console.floor.ask(AgentSignedOut(saved.agent.id))
        await console.store.tokens.remove_of(agent=saved.agent.id)
        console.sessions.forget()


@router.get("/{agent}", operation_id="getAgent")
async def get_agent(agent: Id, session: Caller, console: TheConsole, response: Response) -> AgentShown:
    """One agent as configured."""
    shown = agent_shown(await _agent(console, session, agent), (await console.store.profiles.all()).get(agent))
    mark(response, shown)
    return shown


@router.patch("/{agent}", operation_id="changeAgent", responses=responses(409, 412))
async def change_agent(
    agent: Id, body: AgentChange, session: Caller, console: TheConsole, request: Request
) -> AgentShown:
    """Change an agent, known to the dialer at once. One who is made inactive ends work after the present call."""
    login = await _agent(console, session, agent)
    profile = (await console.store.profiles.all()).get(agent, Profile(agent=agent))
    before, given = agent_shown(login, profile), body.model_fields_set
    check_match(request, before)
    if not set(body.campaigns) <= {one.id for one in await console.campaigns(session)}:
        raise ProblemError("not_found", "one of the campaigns does not exist")
    if given & {"pin", "password"}:
        await _check_secrets(console, session, login)
    changes = {name: getattr(body, name) for name in given & {"name", "endpoint"}}
    if "campaigns" in given:
        mine = {one.id for one in await console.campaigns(session)}
        others = [one for one in login.agent.campaigns if one not in mine]  # they stay as they are
        changes["campaigns"] = (*others, *(CampaignId(one) for one in body.campaigns))
    login = replace(login, agent=replace(login.agent, **changes))
    login = replace(login, **{name: getattr(body, name) for name in given & {"code", "active"}})
    if "pin" in given:
        login = replace(login, pin_hash=await asyncio.to_thread(hash_secret, body.pin))
    if "password" in given:
        login = replace(login, password_hash=await asyncio.to_thread(hash_secret, body.password))
    saved = await console.store.agents.save(login)
    own = {name: getattr(body, name) for name in given & {"team", "shift"}}
    if "skills" in given:
        own["skills"] = tuple(body.skills)
    profile = replace(profile, **own)
    await console.store.profiles.save([profile])
    await _tell(console, _skilled(saved, profile))
    after = agent_shown(saved, profile)
    await note_change(console, session, "agent.change", {"agent": agent}, before=before, after=after)
    return after
