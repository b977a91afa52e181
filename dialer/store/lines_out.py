"""Lines outwards beside calls, as they are kept."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields

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
