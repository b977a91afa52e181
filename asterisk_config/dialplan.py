"""What extensions.conf says: contexts, their extensions, and the applications each runs in order. Only reads."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from asterisk_config.parse import Configuration, Entry, Place, Section

_STEP = re.compile(r"\s*([^(]*?)\s*(?:\((.*)\)\s*)?$", re.DOTALL)
_NOT_CONTEXTS = frozenset({"general", "globals"})

OUTWARD_APPLICATIONS = frozenset({"dial", "originate", "system", "trysystem"})
"""Applications by which a caller could reach the world at the host's expense."""


@dataclass(frozen=True, slots=True)
class Step:
    """One priority: the application, in lower case, and its arguments as written."""

    application: str
    arguments: str
    place: Place


@dataclass(slots=True)
class Context:
    """A context's extensions by name, and the contexts it includes."""

    name: str
    place: Place
    extensions: dict[str, list[Step]] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)


def contexts(configuration: Configuration) -> dict[str, Context]:
    """Every context by name, sections of one name taken together."""
    found: dict[str, Context] = {}
    for section in configuration.sections:
        if section.is_template or section.name.lower() in _NOT_CONTEXTS:
            continue
        context = found.setdefault(section.name, Context(section.name, section.place))
        _take(section, context)
    return found


def reachable(start: str, known: dict[str, Context]) -> list[Context]:
    """The context and all that it includes, directly or not, each once."""
    seen: dict[str, Context] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in known and name not in seen:
            seen[name] = known[name]
            waiting += known[name].includes
    return list(seen.values())


def applications(steps: Iterable[Step]) -> list[str]:
    """The applications in order."""
    return [step.application for step in steps]


def _take(section: Section, context: Context) -> None:
    latest = ""
    for entry in section.entries:
        key = entry.key.lower()
        if key == "include":
            context.includes.append(entry.value)
        elif key == "exten":
            latest, _, rest = (part.strip() for part in entry.value.partition(","))
            context.extensions.setdefault(latest, []).append(_step(rest, entry))
        elif key == "same" and latest:
            context.extensions[latest].append(_step(entry.value, entry))


def _step(text: str, entry: Entry) -> Step:
    """From `priority(label),Application(arguments)`."""
    call = _STEP.match(text.partition(",")[2])
    assert call is not None, "the pattern takes any text"
    return Step(call[1].lower(), call[2] or "", entry.place)
