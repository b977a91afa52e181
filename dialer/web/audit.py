"""The trail of what people changed: each with what stood before and after. Secrets and numbers never come here."""

from collections.abc import Mapping

from pydantic import BaseModel

from dialer.web.console import Console
from dialer.web.sessions import Session


def difference(before: BaseModel | None, after: BaseModel | None) -> tuple[dict[str, object], dict[str, object]]:
    """What differs between two states of a thing, as it was and as it is."""
    old = before.model_dump(mode="json") if before is not None else {}
    new = after.model_dump(mode="json") if after is not None else {}
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: old[name] for name in names if name in old}, {name: new[name] for name in names if name in new}


async def note_change(
    console: Console,
    session: Session,
    action: str,
    which: Mapping[str, object],
    *,
    before: BaseModel | None,
    after: BaseModel | None,
) -> None:
    """Keep what a person changed of the thing that `which` names. Both states hold no secret and no number."""
    old, new = difference(before, after)
    await console.note(session, action, **which, before=old, after=new)
