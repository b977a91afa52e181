"""Which do-not-call lists forbid a number: by the number itself, by a digest of it, by how it begins.

A list holds for everybody, or for one client, one campaign or some purposes alone; an entry may end. Asked anew by
every reservation, so that what was listed a moment ago holds for the very next call.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dialer.core.model import Campaign
from dialer.leads.numbers import national
from dialer.store.codec import from_json
from dialer.store.database import Row, Session

# How a list's numbers were hashed: by which function, and written how. Alone: as E.164 with +.
HASHINGS = tuple(
    f"{function}{written}"
    for function in ("sha256", "sha1", "md5", "sha512")
    for written in ("", ":digits", ":national")
)
PREFIX_MIN, NUMBER_MAX = 2, 16  # signs of a prefix and of a number, + among them
ANYWHERE = 0

# Lists that are hashed, or that a rule may ask for: name, hashing, salt, since when loaded or waived, for whom.
_LISTS = """SELECT name, hashing, salt, loaded_at, waived, campaign, client, purposes FROM do_not_call_lists
    WHERE hashing <> '' OR loaded_at IS NOT NULL OR waived <> '' ORDER BY name"""
# The list of an entry tells whom it holds for; one that stands nowhere holds for everybody.
_ENTRIES = """SELECT d.number, d.source, d.expires_at, k.campaign, k.client, k.purposes, k.hashing
    FROM do_not_call d LEFT JOIN do_not_call_lists k ON k.name = d.source WHERE d.number IN {numbers}
    UNION ALL SELECT p.prefix, p.source, p.expires_at, k.campaign, k.client, k.purposes, '*'
    FROM do_not_call_prefixes p LEFT JOIN do_not_call_lists k ON k.name = p.source WHERE p.prefix IN {prefixes}"""
_WHOSE = "SELECT id, client, settings FROM campaigns WHERE id IN {campaigns}"
# For the choice of numbers: what forbids one for good, by its plain number. All else is known at the reservation.
FOR_GOOD = """EXISTS (SELECT 1 FROM do_not_call d LEFT JOIN do_not_call_lists k ON k.name = d.source
    WHERE d.number = p.number AND d.expires_at IS NULL AND (k.name IS NULL OR (k.purposes = '' AND k.hashing = ''
        AND (k.campaign IS NULL OR k.campaign = l.campaign)
        AND (k.client IS NULL OR k.client = (SELECT o.client FROM campaigns o WHERE o.id = l.campaign)))))"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A number about to be called, and by which campaign (ANYWHERE: only what holds for everybody counts)."""

    number: str
    campaign: int = ANYWHERE


def digest(number: str, hashing: str, salt: str = "") -> str:
    """The number (E.164 with +) as a hashed list has it."""
    function, _, written = hashing.partition(":")
    text = national(number) if written == "national" else number.lstrip("+") if written else number
    return hashlib.new(function, (salt + text).encode(), usedforsecurity=False).hexdigest()


async def known_lists(session: Session) -> Sequence[Row]:
    """What `forbidding` and `loaded` both ask of the lists, for those who ask both."""
    return await session.all(_LISTS)


async def forbidding(
    session: Session, asked: Iterable[Asked], now: float, lists: Sequence[Row] | None = None
) -> dict[Asked, tuple[str, ...]]:
    """The names of the lists that forbid each; those that none forbids are left out."""
    wanted = set(asked)
    numbers = {one.number for one in wanted}
    rows = await known_lists(session) if lists is None else lists
    hashed = {row[0]: (row[1], row[2]) for row in rows if row[1]}
    digests: dict[str, str] = {}
    for hashing, salt in set(hashed.values()):
        digests |= {digest(number, hashing, salt): number for number in numbers}
    begins = {number[:length] for number in numbers for length in range(PREFIX_MIN, len(number) + 1)}
    sql = _ENTRIES.format(numbers=session.listed("$1", "text"), prefixes=session.listed("$2", "text"))
    rows = await session.all(sql, session.packed([*numbers, *digests]), session.packed(list(begins)))
    standing = [row for row in rows if row[2] is None or row[2] > now]
    if not standing:
        return {}
    whose = await _whose(session, wanted) if any(_scoped(row) for row in standing) else {}
    found: dict[Asked, tuple[str, ...]] = {}
    for one in wanted:
        lists = sorted({row[1] for row in standing if _meant(row, one, digests, hashed) and _holds(row, one, whose)})
        if lists:
            found[one] = tuple(lists)
    return found


def _meant(row: Row, one: Asked, digests: Mapping[str, str], hashed: Mapping[str, tuple[str, str]]) -> bool:
    """Whether the entry is about the number."""
    key, source, *_, hashing = row
    if hashing == "*":
        return one.number.startswith(key)
    if not hashing:
        return bool(one.number == key)
    return digests.get(key) == one.number and digest(one.number, *hashed[source]) == key


def _scoped(row: Row) -> bool:
    return row[3] is not None or row[4] is not None or bool(row[5])


def _holds(row: Row, one: Asked, whose: Mapping[int, tuple[int, str]]) -> bool:
    """Whether the entry's list holds for the campaign."""
    if not _scoped(row):
        return True
    _, _, _, campaign, client, purposes, _ = row
    if one.campaign not in whose:
        return False
    owner, purpose = whose[one.campaign]
    if campaign is not None and campaign != one.campaign:
        return False
    if client is not None and client != owner:
        return False
    return not purposes or purpose in purposes.split()


async def loaded(
    session: Session, campaigns: Iterable[int], now: float, lists: Sequence[Row] | None = None
) -> dict[int, tuple[tuple[str, float], ...]]:
    """By campaign, the lists that hold for it and that were loaded, with when; one that was waived counts as fresh."""
    known = await known_lists(session) if lists is None else lists
    rows = [("", row[0], now if row[4] else row[3], *row[5:], "") for row in known if row[4] or row[3] is not None]
    asked = {one: Asked("", one) for one in campaigns}
    whose = await _whose(session, asked.values()) if any(_scoped(row) for row in rows) else {}
    return {
        campaign: tuple((row[1], row[2]) for row in rows if _holds(row, one, whose)) for campaign, one in asked.items()
    }


async def _whose(session: Session, asked: Iterable[Asked]) -> dict[int, tuple[int, str]]:
    """Client and purpose of the campaigns."""
    campaigns: Sequence[int] = sorted({one.campaign for one in asked})
    sql = _WHOSE.format(campaigns=session.listed("$1"))
    rows = await session.all(sql, session.packed(campaigns))
    return {campaign: (client, from_json(Campaign, settings).purpose) for campaign, client, settings in rows}
