"""Where each lead stands among its campaign's: its part of the mix and its place among the due ones, worked out again.

What a place is, `dialer.core.selection` decides; here it is read, asked and kept.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from dialer.core.control import in_force
from dialer.core.expressions import FIELD, Facts, Value
from dialer.core.ids import CampaignId, LeadId
from dialer.core.model import Campaign
from dialer.core.score import Asked, Model
from dialer.core.selection import FILTERED_OUT, Selection, part_of, sort_key
from dialer.store.codec import from_json, to_json
from dialer.store.database import Row, Session
from dialer.store.loading import NewLead, Place
from dialer.store.schema import PRIORITIES, PRIORITY_DEFAULT

RIPEN_MAX = 400  # leads whose time has come that are given their place in one claim
REARRANGE_CHUNK = 1_000

_FACTS = """SELECT l.id, a.balance, a.days_past_due, l.attempts, l.priority, l.rank, l.segment, p.region, p.country,
    l.result, a.currency, l.streak, a.fields,
    (SELECT n.type FROM phones n WHERE n.person = l.person AND n.state = 'valid' ORDER BY n.rank, n.id LIMIT 1),
    (SELECT sum(n.calls) FROM phones n WHERE n.person = l.person),
    (SELECT sum(n.answers) FROM phones n WHERE n.person = l.person), l.due_at, l.agent,
    (SELECT n.zones FROM phones n WHERE n.person = l.person AND n.state = 'valid' ORDER BY n.rank, n.id LIMIT 1)
    FROM leads l JOIN people p ON p.id = l.person LEFT JOIN accounts a ON a.id = l.account WHERE {which}"""
_NAMES = (
    ("balance", 1), ("days_past_due", 2), ("attempts", 3), ("priority", 4), ("rank", 5), ("segment", 6),
    ("region", 7), ("country", 8), ("result", 9), ("currency", 10), ("streak", 11),
)  # fmt: skip
_PLACED = """UPDATE leads SET part = $1, sort_key = CASE WHEN state = 'open' THEN CAST($2 AS double precision) END
    WHERE id = $3 AND state IN ('open', 'claimed')"""
# Places that the campaign's present settings never look at. Each is a range of an index that holds such leads alone.
_ASTRAY = " UNION ALL ".join(
    f"""SELECT * FROM (SELECT id FROM leads WHERE campaign = $1 AND state = 'open' AND agent IS NULL
        AND sort_key IS {key} AND {where} LIMIT $4) AS s{n}"""  # noqa: S608 - our own words
    for n, (key, where) in enumerate(
        (
            ("NULL", "part > $2"),
            ("NOT NULL", "part > $2"),
            ("NULL", "part < $3"),
            ("NOT NULL", "part < $3"),
        )
    )
)
_ASTRAY_SORTED = f"""{_ASTRAY} UNION ALL SELECT * FROM (SELECT id FROM leads WHERE campaign = $1 AND state = 'open'
    AND agent IS NULL AND sort_key IS NOT NULL LIMIT $4) AS sorted"""  # noqa: S608 - our own words


async def selection_of(session: Session, campaign: CampaignId) -> Selection:
    """The campaign's settings for choosing leads."""
    rows = await session.all("SELECT settings FROM campaigns WHERE id = $1", campaign)
    return settings_of(rows[0][0]) if rows else Selection()


@lru_cache(maxsize=512)
def _campaign_of(settings: str) -> Campaign:
    return from_json(Campaign, settings)


def settings_of(settings: str) -> Selection:
    """The same from a campaign's settings as the table keeps them."""
    return _campaign_of(settings).selection


def selection_in_force(settings: str, now: float) -> Selection:
    """The same with the changes that stand: by these, places stay and shares differ."""
    return in_force(_campaign_of(settings), now).selection


async def model_of(session: Session, campaign: CampaignId) -> Model | None:
    """What this centre's calls taught; None before anything was learned."""
    rows = await session.all("SELECT model FROM scores WHERE campaign = $1", campaign)
    return _model(rows[0][0]) if rows else None


@lru_cache(maxsize=64)
def _model(text: str) -> Model:
    return from_json(Model, text)


async def ripen(session: Session, campaign: CampaignId, selection: Selection, now: float) -> int:
    """Give leads whose time has come their place among the due ones; how many."""
    ids: list[LeadId] = []
    for part in range(len(selection.parts) + 1):
        for band in PRIORITIES:
            rows = await session.all(
                f"""SELECT id FROM leads WHERE campaign = $1 AND part = $2 AND state = 'open' AND agent IS NULL
                    AND sort_key IS NULL AND priority = {band} AND due_at <= $3 ORDER BY due_at, id LIMIT $4""",  # noqa: S608
                campaign, part, now, RIPEN_MAX - len(ids),
            )  # fmt: skip
            ids += [LeadId(lead) for (lead,) in rows]
            if len(ids) >= RIPEN_MAX:
                return await place(session, campaign, selection, ids, now)
    return await place(session, campaign, selection, ids, now)


async def fetch_astray(session: Session, campaign: CampaignId, selection: Selection, now: float) -> int:
    """Give leads that stand where no claim looks their place again; how many.

    A change of settings leaves such behind where it was cut off half-way, or met calls in progress and loads.
    """
    least = FILTERED_OUT if selection.filter else 0
    sql = _ASTRAY if selection.sorts else _ASTRAY_SORTED
    rows = await session.all(sql, campaign, len(selection.parts), least, RIPEN_MAX)
    ids = list(dict.fromkeys(LeadId(lead) for (lead,) in rows))[:RIPEN_MAX]
    return await place(session, campaign, selection, ids, now)


async def place(session: Session, campaign: CampaignId, selection: Selection, ids: Sequence[LeadId], now: float) -> int:
    """Work out where these leads stand; how many were looked at."""
    if not ids:
        return 0
    model = await model_of(session, campaign) if selection.scores else None
    rows = await session.all(_FACTS.format(which=f"l.id IN {session.listed('$1')}"), session.packed(list(ids)))
    await session.many(_PLACED, [_placed(selection, model, row, now) for row in rows])
    return len(rows)


async def place_again(session: Session, ids: Sequence[LeadId], now: float) -> None:
    """Work out where leads stand after something of them has changed, in campaigns where that matters."""
    if not ids:
        return
    sql = f"SELECT campaign, id FROM leads WHERE id IN {session.listed('$1')}"  # noqa: S608 - our own names
    by_campaign: dict[CampaignId, list[LeadId]] = {}
    for campaign, lead in await session.all(sql, session.packed(list(ids))):
        by_campaign.setdefault(CampaignId(campaign), []).append(LeadId(lead))
    for campaign, leads in by_campaign.items():
        selection = await selection_of(session, campaign)
        if selection.places:
            await place(session, campaign, selection, leads, now)


async def place_accounts(session: Session, accounts: Sequence[int], now: float) -> None:
    """The same of the leads, in whatever campaign, of accounts whose figures have changed."""
    if not accounts:
        return
    sql = f"""SELECT l.id FROM accounts a JOIN leads l ON l.person = a.person AND l.account = a.id
        WHERE a.id IN {session.listed("$1")} AND l.state IN ('open', 'claimed')"""  # noqa: S608 - our own names
    rows = await session.all(sql, session.packed(sorted(set(accounts))))
    await place_again(session, [LeadId(lead) for (lead,) in rows], now)


async def rearrange(session: Session, campaign: CampaignId, after: int, now: float) -> int | None:
    """Work out anew where the next leads by id stand, after a change of settings; the last one, or None.

    Those at hand too: they come back to the list with the part they have.
    """
    selection = await selection_of(session, campaign)
    model = await model_of(session, campaign) if selection.scores else None
    which = "l.campaign = $1 AND l.id > $2 AND l.state IN ('open', 'claimed') ORDER BY l.id LIMIT $3"
    rows = await session.all(_FACTS.format(which=which), campaign, after, REARRANGE_CHUNK)
    await session.many(_PLACED, [_placed(selection, model, row, now) for row in rows])
    return int(rows[-1][0]) if len(rows) == REARRANGE_CHUNK else None


def arranged_by(selection: Selection) -> str:
    """A digest of all that leads' places depend on; empty where they have none but their time."""
    if not selection.places:
        return ""
    bare = Selection(
        order=selection.order, expression=selection.expression, filter=selection.filter, parts=selection.parts
    )
    return hashlib.sha256(to_json(bare).encode()).hexdigest()


def _placed(selection: Selection, model: Model | None, row: Row, now: float) -> tuple[object, ...]:
    facts = dict[str, Value]((name, row[n]) for name, n in _NAMES)
    if isinstance(facts["balance"], str):
        facts["balance"] = float(facts["balance"])
    if row[12] and row[12] != "{}":
        facts.update((FIELD + name.lower(), str(value)) for name, value in json.loads(row[12]).items())
    if model is not None:
        zones = json.loads(row[18]) if row[18] else []
        asked = Asked(
            type=row[13] or "",
            segment=row[6],
            attempts=row[3],
            calls=int(row[14] or 0),
            answers=int(row[15] or 0),
            zone=zones[0] if zones else "",
        )
        facts["score"] = model.right_party(asked, now)
    due = row[16] is not None and row[16] <= now and row[17] is None
    return part_of(selection, facts), sort_key(selection, facts, row[0]) if due else None, row[0]


def placer(selection: Selection, model: Model | None, now: float) -> Callable[[NewLead], Place] | None:
    """Where new leads of a list stand; None where their time alone decides."""
    if not selection.places:
        return None
    return partial(_place_new, selection, model, now)


def _place_new(selection: Selection, model: Model | None, now: float, lead: NewLead) -> Place:
    facts: dict[str, Value] = {
        "balance": float(lead.balance) if lead.balance is not None else None,
        "days_past_due": lead.days_past_due,
        "attempts": 0,
        "priority": PRIORITY_DEFAULT if lead.priority is None else lead.priority,
        "rank": lead.rank,
        "segment": lead.segment,
        "region": lead.region,
        "country": lead.country,
        "result": "",
        "currency": lead.currency,
        "streak": 0,
    }
    if lead.fields != "{}":
        facts.update((FIELD + name.lower(), str(value)) for name, value in json.loads(lead.fields).items())
    if model is not None:
        first = next((phone for phone in lead.phones if phone.valid), lead.phones[0])
        zone = first.zones[0] if first.zones else ""
        facts["score"] = model.right_party(Asked(type=first.type, segment=lead.segment, zone=zone), now)
    return part_of(selection, facts), sort_key(selection, facts, _mixed(lead.external_id))


def _mixed(text: str) -> int:
    """A number of the text, for an order like chance."""
    return int.from_bytes(text.encode()[-8:], "big")


__all__ = [
    "Facts", "arranged_by", "fetch_astray", "model_of", "place", "place_accounts", "placer", "rearrange", "ripen",
    "selection_of", "settings_of",
]  # fmt: skip
