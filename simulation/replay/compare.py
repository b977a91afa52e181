"""A recorded run through a fresh engine: are its commands the recorded ones, and if not, which is first?"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple, cast, get_args

from dialer.core.engine import Engine
from dialer.core.messages import Event
from dialer.store.codec import CodecError, decode, encode
from dialer.store.rows import JournalRow
from pacing import Pacer, Policy, Settings
from simulation.past import PastError
from simulation.replay.beside import PacerBeside, Pair

EVENTS = get_args(Event)
HOUR_S = 3600.0
NOTHING = "nothing more"
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first answer that is not the recorded one. Bodies are one line of JSON each."""

    run: int
    seq: int  # of the event
    at: float
    event: str
    recorded: str
    decided: str

    def fields(self) -> tuple["Field", ...]:
        """What differs, where both are the same kind of command."""
        if NOTHING in (self.recorded, self.decided):
            return ()
        return tuple(_differing(json.loads(self.recorded), json.loads(self.decided), ""))


class Field(NamedTuple):
    """One field of two commands that differ: its path, and what stands there as JSON, cut where it is long."""

    place: str
    recorded: str
    decided: str


@dataclass(slots=True)
class Beside:
    """How another policy would have decided, hour by hour. Counts of decisions, and of calls."""

    since: float
    decisions: int = 0
    more: int = 0
    fewer: int = 0
    placed: int = 0
    other_placed: int = 0


@dataclass(slots=True)
class Replayed:
    """What a replay of one run found. `differing` counts the events that were answered otherwise."""

    run: int
    since: float | None = None
    until: float | None = None
    events: int = 0
    commands: int = 0
    differing: int = 0
    missing: int = 0  # rows that the numbering tells of
    last: int = 0  # the row of the last event
    first: Difference | None = None
    hours: dict[float, Beside] = field(default_factory=dict)
    examples: list[Pair] = field(default_factory=list)

    @property
    def proved(self) -> bool:
        """Whether the whole of it was decided again as it was recorded."""
        return not (self.differing or self.missing)

    def see(self, pair: Pair) -> None:
        """Count how another policy would have decided."""
        hour = self.hours.setdefault(pair.at // HOUR_S, Beside(pair.at // HOUR_S * HOUR_S))
        hour.decisions += 1
        made, other = pair.made.calls, pair.other.calls
        hour.more += other > made
        hour.fewer += other < made
        hour.placed += made
        hour.other_placed += other
        if other != made and len(self.examples) < EXAMPLES:
            self.examples.append(pair)


async def replay(
    run: int,
    steps: AsyncIterator[tuple[JournalRow, list[str]]],
    *,
    beside: Policy | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Decide a run again. `progress` is told the events so far now and then.

    Raises PastError where an event cannot be read or decided: another release wrote it, or somebody changed it.
    """
    found = Replayed(run)
    make_pacer: Callable[[Settings], Pacer] = Pacer
    if beside is not None:
        other = beside
        make_pacer = lambda settings: PacerBeside(settings, other, found.see)  # noqa: E731
    engine = Engine(make_pacer)
    due = 1
    async for row, recorded in steps:
        found.missing += abs(row.seq - due)
        found.last, due = row.seq, row.seq + len(recorded) + 1
        decided = _decided(engine, row)
        found.since = row.at if found.since is None else found.since
        found.until = row.at
        found.events += 1
        found.commands += len(recorded)
        if decided != recorded:
            found.differing += 1
            found.first = found.first or _difference(row, recorded, decided)
        if found.events % 1000 == 0:
            progress(found.events)
    progress(found.events)
    return found


def _decided(engine: Engine, row: JournalRow) -> list[str]:
    event = _event(row)
    try:
        decided = engine.handle(event, row.at)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        text = f"run {row.run}, row {row.seq}: the engine cannot decide this event ({type(error).__name__}: {error})"
        raise PastError(f"{text}; somebody changed it, or another release wrote it") from error
    engine.take_changed()
    return [encode(command) for command in decided]


def _event(row: JournalRow) -> Event:
    try:
        event = decode(row.body)
    except CodecError as error:
        text = f"run {row.run}, row {row.seq}: {error}; replay a journal with the release that wrote it"
        raise PastError(text) from error
    if not isinstance(event, EVENTS):
        raise PastError(f"run {row.run}, row {row.seq}: {type(event).__name__} is no event")
    return cast("Event", event)


def _difference(row: JournalRow, recorded: Sequence[str], decided: Sequence[str]) -> Difference:
    one, other = next(pair for pair in zip_longest(recorded, decided, fillvalue=NOTHING) if pair[0] != pair[1])
    return Difference(run=row.run, seq=row.seq, at=row.at, event=row.body, recorded=one, decided=other)


def _differing(one: Any, other: Any, place: str) -> list[Field]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(one, dict) and isinstance(other, dict) and one.get("type") == other.get("type"):
        keys = dict.fromkeys([*one, *other])
        return [
            found
            for key in keys
            for found in _differing(one.get(key), other.get(key), f"{place}.{key}" if place else key)
        ]
    return [] if one == other else [Field(place or "command", _short(one), _short(other))]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
