"""`dialer accounts`: tell what became of accounts: payments, disputes, law suits, balances."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.bar import bar
from dialer.cli.output import JsonFile, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.cli.trail import note
from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import ClientId
from dialer.errors import ConfigError
from dialer.feeds.layout import RowError, event_of, rows_of
from dialer.feeds.settings import Layout
from dialer.leads.account_news import apply_events
from dialer.leads.lists import DELIMITERS, encoding_of, known_encoding
from dialer.store import NotFoundError, Store
from dialer.web.client import Client

app = typer.Typer(help="Accounts: tell payments, disputes, law suits and balances.", no_args_is_help=True)

CHUNK = 1_000
SHOWN = 20


@app.callback()
def accounts() -> None:
    """Accounts: tell payments, disputes, law suits and balances."""


@dataclass(slots=True)
class Told:
    """What became of a file."""

    rows: int = 0
    applied: int = 0
    repeated: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)  # line and reason
    leads_stopped: int = 0


@app.command("tell")
def tell(
    file: Annotated[Path, typer.Argument(help="CSV with the columns account, event, and id, amount, balance.")],
    *,
    client: Annotated[str, typer.Option(help="Whose accounts they are.")],
    event: Annotated[AccountEventKind | None, typer.Option(help="What all rows tell, where no column does.")] = None,
    delimiter: Annotated[str, typer.Option(help="Between columns; found out where not given.")] = "",
    encoding: Annotated[str, typer.Option(help="Found out where not given.")] = "",
    decimal: Annotated[
        str, typer.Option(help="The sign before decimals: . or ,; needed where 1.234 may be either.")
    ] = "",
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json: JsonFile = None,
) -> None:
    """Apply a file of events; calls stop from the next one on. The same row is applied once, however often told."""
    if decimal not in {"", ".", ","}:
        raise ConfigError(f"--decimal {decimal!r}: must be . or ,")
    reach, done = Reach.of(config, database), Told()
    kind = event.value if event is not None else ""
    events = _events(file, Layout(delimiter=delimiter, encoding=encoding, decimal=decimal, event=kind), done)

    doing = partial(_apply, reach=reach, source=file.name, client=client, events=events, done=done)
    run(reach.in_store(doing))
    _show(done, json)


async def _apply(
    store: Store, *, reach: Reach, source: str, client: str, events: list[tuple[int, AccountEvent]], done: Told
) -> None:
    """Tell a running server of the events, or apply them here where none runs."""
    owner = await store.clients.by_name(client)
    if owner is None:
        raise NotFoundError(f"there is no client {client!r}")

    async def at_work(server: Client) -> None:
        for part, lines in _parts(events):
            body = {"client": owner.id, "events": [_body(one) for one in part], "source": source[:80]}
            answer = await server.request("POST", "/accounts/events", body)
            assert isinstance(answer, dict)
            _count(done, answer, lines)
            advance(lines)

    async def without(store: Store) -> None:
        for part, lines in _parts(events):
            applied, _news = await apply_events(store, ClientId(owner.id), part, source, time.time())
            answer = {
                "applied": applied.applied, "repeated": applied.repeated, "unknown": applied.unknown,
                "leads_stopped": len(set(applied.stopped)),
            }  # fmt: skip
            _count(done, answer, lines)
            advance(lines)
        await note(store, "accounts.tell", client=owner.id, file=source, events=done.rows, applied=done.applied)

    with bar("telling") as progress:

        def advance(lines: Sequence[int]) -> None:
            if progress is not None:
                progress(lines[-1], done.rows + 1)

        await reach.in_either(at_work, without)


def _events(file: Path, layout: Layout, done: Told) -> list[tuple[int, AccountEvent]]:
    found = []
    try:
        layout = _found_out(file, layout)
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()[:16]  # the same file again tells nothing new
            opened.seek(0)
            for row in rows_of(opened, layout):
                done.rows += 1
                try:
                    found.append((row.line, event_of(row, layout, f"{digest}:{row.line}")))
                except RowError as error:
                    done.rejected.append((row.line, str(error)))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except RowError as error:
        raise ConfigError(f"{file}: {error}") from error
    return found


def _found_out(file: Path, layout: Layout) -> Layout:
    """The layout with what the file itself tells of its encoding and delimiter. Raises OSError."""
    encoding = known_encoding(layout.encoding) if layout.encoding else encoding_of(file)
    with file.open(encoding=encoding, errors="replace") as opened:
        first = opened.readline()
    return replace(layout, encoding=encoding, delimiter=layout.delimiter or max(DELIMITERS, key=first.count))


def _parts(events: list[tuple[int, AccountEvent]]) -> list[tuple[list[AccountEvent], list[int]]]:
    return [
        ([event for _, event in events[n : n + CHUNK]], [line for line, _ in events[n : n + CHUNK]])
        for n in range(0, len(events), CHUNK)
    ]


def _body(event: AccountEvent) -> dict[str, object]:
    return {
        "account": event.account,
        "kind": event.kind.value,
        "id": event.id,
        "amount": None if event.amount is None else str(event.amount),
        "balance": None if event.balance is None else str(event.balance),
        "days_past_due": event.days_past_due,
        "until": event.until,
    }


def _count(done: Told, answer: dict[str, object], lines: Sequence[int]) -> None:
    done.applied += int(str(answer["applied"]))
    done.repeated += int(str(answer["repeated"]))
    done.leads_stopped += int(str(answer["leads_stopped"]))
    unknown = answer["unknown"]
    assert isinstance(unknown, list)
    done.rejected += [(lines[place], "there is no such account") for place in unknown]


def _show(done: Told, json: Path | None) -> None:
    if json is not None:
        write_json(
            {
                "rows": done.rows, "applied": done.applied, "repeated": done.repeated,
                "rejected": [{"line": line, "reason": reason} for line, reason in sorted(done.rejected)],
                "leads_stopped": done.leads_stopped,
            },
            json,
        )  # fmt: skip
        return
    typer.echo(f"{done.applied} of {done.rows} rows applied, {done.repeated} were told before")
    typer.echo(f"{done.leads_stopped} leads are not called any more")
    for line, reason in sorted(done.rejected)[:SHOWN]:
        typer.echo(f"line {line}: {reason}", err=True)
    if len(done.rejected) > SHOWN:
        typer.echo(f"and {len(done.rejected) - SHOWN} more", err=True)
