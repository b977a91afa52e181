"""What commands change stands in the trail too, as what pages change does: by the local administrator, and with the
account of the machine under which it was typed.
"""

import json
import os
import pwd
import time
from collections.abc import Mapping

from pydantic import BaseModel

from dialer.store import LOCAL_ADMINISTRATOR, LOCAL_ADMINISTRATOR_NAME, AuditEntry, Store
from dialer.web.audit import difference

_WHO = f"user {LOCAL_ADMINISTRATOR}"


def typed_by() -> str:
    """The machine's account; behind sudo, both."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container that names nobody
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{name} ({before})" if before and before != name else name


async def note(store: Store, action: str, **detail: object) -> None:
    """Keep what a command did. Never a secret, never a phone number."""
    told = json.dumps({**detail, "typed_by": typed_by()}, default=str)
    entry = AuditEntry(at=time.time(), by_whom=LOCAL_ADMINISTRATOR_NAME, who=_WHO, action=action, detail=told)
    await store.audit.add(entry)


async def note_change(
    store: Store, action: str, which: Mapping[str, object], *, before: BaseModel | None, after: BaseModel | None
) -> None:
    """Keep what a command changed of the thing that `which` names. Both states hold no secret and no number."""
    old, new = difference(before, after)
    await note(store, action, **which, before=old, after=new)
