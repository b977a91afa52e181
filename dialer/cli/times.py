"""Instants as people write and read them at a terminal: local time of the machine."""

from datetime import datetime
from typing import Annotated

import typer

Since = Annotated[str | None, typer.Option(help="From this date or time on; else from midnight.")]
Until = Annotated[str | None, typer.Option(help="Up to this date or time; else until now.")]


def told(at: float | None) -> str:
    """An instant in ISO form with the machine's offset from UTC, to the second; empty for none."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")


def meant(text: str) -> float:
    """The instant of an ISO date or date-time, in the machine's local time where it names no other.

    Raises typer.BadParameter.
    """
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write a date or a time, as 2026-03-01 or 2026-03-01T09:00") from None


def midnight(now: float) -> float:
    """The beginning of the local day."""
    today = datetime.fromtimestamp(now).astimezone()
    return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def stretch(since: str | None, until: str | None, now: float) -> tuple[float, float]:
    """From when until when: from midnight until now where nothing else is given. Raises typer.BadParameter."""
    return midnight(now) if since is None else meant(since), now if until is None else meant(until)
