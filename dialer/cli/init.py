"""`dialer init`: a commented configuration to begin with, a database, and an administrator."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.trail import note_change
from dialer.config import load
from dialer.errors import ConfigError
from dialer.store import Role, Store, User
from dialer.web.passwords import hash_secret
from dialer.web.user_bodies import PASSWORD_MIN, user_shown

FILE = "cadencia.toml"
TEMPLATE = """\
# Cadencia: one cell. `dialer serve -c {file}` runs it; `dialer asterisk render` makes the matching Asterisk.
cell = 0                                  # another number for each engine that shares the database
database = "sqlite:///cadencia.db"        # or postgresql://user:password@host/name
data_dir = "data"
built_in_rules = true                     # the calling rules of each country: `dialer rules list`
# rules_dir = "rules"                     # stricter ones of your own
learn_at = "03:30"                        # when it learns each night from its calls who answers when; "": never

# [scrub]                                 # an outside check of each number before it is dialled
# url = "https://register.example/check"  # without a clear yes, no call: docs/rules.md

[asterisk]
host = "127.0.0.1"
port = 5038
username = "dialer"
secret = "{secret}"    # the same as manager.secret in the host file of `dialer asterisk render`
recordings_dir = "/var/spool/asterisk/monitor"   # Asterisk writes there, the dialer reads

[agi]
host = "127.0.0.1"
port = 4573

[web]
host = "127.0.0.1"                        # behind a proxy with TLS where others must reach it
port = 8080
# phone_url = "ws://127.0.0.1:8088/ws"    # phones in agents' pages: Asterisk's WebSocket; beyond this machine wss://
# phone_key = ""                          # the same as web.phones_key in the host file of `dialer asterisk render`
# supervisor_phones = "901-950"           # phones in supervisors' pages: docs/floor.md

[[trunk]]
name = "carrier"
dial = "PJSIP/{{number}}@carrier"         # {{number}} is E.164 without +
lines_max = 30
calls_per_second = 5.0

# [alarms]                                # to whom alarms go, and when not: docs/floor.md
# notify = ["mailto://user:password@mail.example?to=floor@example.com"]
# quiet = ["22:00-07:00"]
# zone = "America/Mexico_City"

# [recordings]                            # docs/recordings.md
# folder = "recordings"
# when_full = "stop"                      # what campaigns that record do when the disk is full; or "unrecorded"

# [[feed]]                                # payments, disputes, law suits that a client sends: docs/rules.md
# name = "bank-news"
# client = "bank"
# place = "in"                            # a folder, sftp://user@host/folder, or a database
# every_s = 300
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; made where it does not exist.")],
    *,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="The administrator's.")
    ],
) -> None:
    """Write a configuration to begin with, make the database, add the administrator `admin`.

    What an interrupted run left is taken up: a configuration that is there stays as it is, and `admin` is added where
    the database has no administrator.
    """
    if len(password) < PASSWORD_MIN:
        raise ConfigError(f"the password must have at least {PASSWORD_MIN} signs")
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    there = path.exists()
    if not there:
        _write(path, TEMPLATE.format(file=path, secret=secrets.token_urlsafe(18)))
    if not asyncio.run(_first_user(path, password)):
        raise ConfigError(f"{path} is there already, and its database has an administrator: nothing was changed")
    if there:
        typer.echo(f"{path} was there already and stays as it is; the administrator `admin` is added.")
    typer.echo(f"{path}: set Asterisk's address and your trunk in it, then `dialer serve -c {path}`.")


def _write(path: Path, text: str) -> None:
    """Write the file whole, or not at all; nobody else may ever read it."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.rename(path)


async def _first_user(path: Path, password: str) -> bool:
    """Whether it was added: False where there is an administrator. Raises ConflictError where another has its name."""
    async with await Store.open(load(path).database_url) as store:
        if any(one.role is Role.ADMINISTRATOR for one in await store.users.list()):
            return False
        made = await store.users.save(
            User(
                id=0,
                login="admin",
                name="Administrator",
                role=Role.ADMINISTRATOR,
                password_hash=await asyncio.to_thread(hash_secret, password),
            )
        )
        await note_change(store, "user.add", {"user": made.id}, before=None, after=user_shown(made))
    return True
