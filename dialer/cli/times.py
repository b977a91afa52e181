"""Instants as people write and read them at a terminal: local time of the machine."""

from datetime import datetime

import typer


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
