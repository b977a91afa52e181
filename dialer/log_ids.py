"""The ids that a log line carries: of the call before all, which is its number from the lead to the recording.

`bind` puts them on every line that the present task, and what it starts, writes from then on. Ids alone, no numbers.
"""

import structlog

_NAMES = ("call", "lead", "leg", "agent", "campaign")


def bind(about: object) -> None:
    """Put the ids that a command, an event or a record has on the lines of this task."""
    structlog.contextvars.bind_contextvars(**ids_of(about))


def ids_of(about: object) -> dict[str, object]:
    """The ids by name; a lead that is held whole counts by its number."""
    found = {name: getattr(about, name, None) for name in _NAMES}
    return {name: getattr(value, "id", value) for name, value in found.items() if value is not None}
