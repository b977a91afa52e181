"""Lines outwards beside calls, as they are kept, and as rules count them: somebody was called by each."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from dialer.core.ids import CallId, PersonId
from dialer.core.lines_out import LineOut
from dialer.core.messages import SaveLineOut
from dialer.store.batch import Moment
from dialer.store.codec import from_row
from dialer.store.database import Row, Session

_NAMES = tuple(field.name for field in fields(LineOut))
_COLUMNS = ", ".join(_NAMES)
_SAVE = f"""INSERT INTO lines_out ({_COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, len(_NAMES) + 1))})
    ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at, ended_at = excluded.ended_at,
        cost = excluded.cost, currency = excluded.currency"""  # noqa: S608 - our own names

# By which the number of a reservation, or its person, was called.
_TOWARDS = """SELECT r.call, o.placed_at, o.answered_at, o.number = r.number, coalesce(o.person = r.person, 1 = 0)
    FROM reservations r JOIN lines_out o ON o.number = r.number OR o.person = r.person WHERE r.call IN {calls}"""


@dataclass(frozen=True, slots=True)
class Towards:
    """One line towards a number or a person."""

    placed_at: float
    answered_at: float | None
    number: bool
    person: bool


@dataclass(frozen=True, slots=True)
class LinesOut:
    """All lines towards a number or its person."""

    lines: tuple[Towards, ...] = ()

    def of_number(self, since: float) -> int:
        """How many the number had after that."""
        return sum(one.number and one.placed_at > since for one in self.lines)

    def of_person(self, since: float) -> int:
        """How many the person had after that."""
        return sum(one.person and one.placed_at > since for one in self.lines)

    @property
    def number_dialled_at(self) -> float | None:
        """When the number had the last one."""
        return latest(*(one.placed_at for one in self.lines if one.number))

    @property
    def person_contacted_at(self) -> float | None:
        """When the person last took one."""
        return latest(*(one.answered_at for one in self.lines if one.person))


NO_LINES = LinesOut()


def latest(*times: float | None) -> float | None:
    """The last of those that are known."""
    return max((at for at in times if at is not None), default=None)


async def save_lines(session: Session, commands: Sequence[SaveLineOut], _: Moment) -> None:
    """Keep the last word of each line."""
    last = {command.line.id: command.line for command in commands}.values()
    await session.many(_SAVE, [tuple(getattr(one, name) for name in _NAMES) for one in last])


async def open_lines(session: Session, first: int, beyond: int) -> tuple[LineOut, ...]:
    """Those of a cell that are not known to be over."""
    rows = await session.all(
        f"SELECT {_COLUMNS} FROM lines_out WHERE id >= $1 AND id < $2 AND ended_at IS NULL ORDER BY id",  # noqa: S608
        first, beyond,
    )  # fmt: skip
    return tuple(map(_line, rows))


async def lines_of_reserved(session: Session, calls: Sequence[CallId]) -> dict[int, LinesOut]:
    """By reserved call, the lines towards its number or person."""
    if not calls:
        return {}
    found: defaultdict[int, list[Towards]] = defaultdict(list)
    for call, *line in await session.all(_TOWARDS.format(calls=session.listed("$1")), session.packed(calls)):
        found[call].append(_towards(line))
    return {call: LinesOut(tuple(lines)) for call, lines in found.items()}


async def lines_towards(session: Session, number: str, person: PersonId) -> LinesOut:
    """The lines towards the number, or towards the person."""
    rows = await session.all(
        """SELECT placed_at, answered_at, number = $1, coalesce(person = $2, 1 = 0) FROM lines_out
        WHERE number = $1 OR person = $2""",
        number, person,
    )  # fmt: skip
    return LinesOut(tuple(map(_towards, rows)))


def _towards(row: Sequence[Any]) -> Towards:
    placed_at, answered_at, number, person = row
    return Towards(placed_at, answered_at, bool(number), bool(person))


async def lines_of(session: Session, calls: Collection[int]) -> dict[int, tuple[LineOut, ...]]:
    """The lines beside each of these calls that had any, in the order of their placing."""
    rows = await session.all(
        f"SELECT {_COLUMNS} FROM lines_out WHERE call IN {session.listed('$1')} ORDER BY id",  # noqa: S608
        session.packed(list(calls)),
    )
    found: defaultdict[int, list[LineOut]] = defaultdict(list)
    for line in map(_line, rows):
        found[line.call].append(line)
    return {call: tuple(lines) for call, lines in found.items()}


def _line(row: Row) -> LineOut:
    return from_row(LineOut, dict(zip(_NAMES, row, strict=True)))
