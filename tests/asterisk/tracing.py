"""Recorded traces: what Asterisk said, what we did (`> Originate ID`, `> Hangup ID`), what it means (`= ...`).

Everything but the headers that are read was left out when they were taken; ids are ours, bridges and numbers are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from dialer.asterisk.protocol import Message, parse
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.translate import Translator
from dialer.core.ids import CallId
from dialer.core.messages import CallAnswered, CallEnded, CallJoined, CallProgressed, CallRang, Event
from dialer.core.outcomes import Ending, classify

TRACES = Path(__file__).parent / "traces"
SETTINGS = AmiSettings(username="dialer", secret="any")


@dataclass(frozen=True, slots=True)
class Trace:
    """One recording. `steps` are messages and, as pairs (deed, Uniqueid), what we did."""

    path: Path
    title: str
    meaning: tuple[str, ...]
    steps: tuple[Message | tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"


def read(path: Path) -> Trace:
    """A trace file."""
    title, *rest = path.read_text().split("\n")
    meaning = tuple(line[2:] for line in rest if line.startswith("= "))
    text = "\n".join(line for line in rest if not line.startswith("= "))
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return Trace(path, title.removeprefix("# "), meaning, tuple(_step(block) for block in blocks))


def _step(block: str) -> Message | tuple[str, str]:
    if block.startswith("> "):
        _, deed, uniqueid = block.split()
        return (deed, uniqueid)
    return parse(block.replace("\n", "\r\n").encode())


def all_traces() -> list[Trace]:
    """Every trace, by version and name."""
    return [read(path) for path in sorted(TRACES.glob("*/*.txt"))]


def told(steps: tuple[Message | tuple[str, str], ...]) -> Iterator[Event]:
    """What the translator makes of the steps."""
    translator = Translator(SETTINGS, cell=0)
    for step in steps:
        match step:
            case ("Originate", uniqueid):
                translator.placed(uniqueid)
                yield from translator.queued(uniqueid)
            case ("Hangup", uniqueid):
                translator.dropped(uniqueid)
            case dict():
                yield from translator.take(step)
    for uniqueid in sorted(translator.stillborn):
        yield from translator.bury(uniqueid)


def meaning(steps: tuple[Message | tuple[str, str], ...]) -> tuple[str, ...]:
    """What the steps tell, in lines, and the outcome of each call that ended without an agent."""
    events = list(told(steps))
    seen: dict[CallId, set[type]] = {}
    lines = []
    for event in events:
        lines.append(brief(event))
        if isinstance(event, CallEnded) and CallJoined not in seen[event.call]:
            facts = seen[event.call]
            outcome = classify(
                rang=CallRang in facts,
                progressed=CallProgressed in facts,
                answered=CallAnswered in facts,
                ending=event.ending,
            )
            lines.append(f"Outcome {event.call} {outcome}")
        elif (call := getattr(event, "call", None)) is not None:
            seen.setdefault(call, set()).add(type(event))
    return tuple(lines)


def brief(event: Event) -> str:
    """An event in a line: `CallEnded 101 17 486 person`."""
    words = [type(event).__name__]
    for each in fields(event):
        value = getattr(event, each.name)
        if isinstance(value, Ending):
            words += [str(value.cause), str(value.tech_cause or "-"), str(value.by)]
        else:
            words.append(str(value).removeprefix("cadencia-"))
    return " ".join(words)
