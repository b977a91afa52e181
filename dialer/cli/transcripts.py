"""`dialer recordings transcript` and `transcribe`: what was said, taken from another engine or made by ours."""

import time
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, DatabaseUrl, Reach, run
from dialer.core.ids import CallId
from dialer.errors import ConfigError
from dialer.store import Store
from recordings.found import as_typed, search
from recordings.renewal import renew_words
from recordings.scribe import WAITING_MAX
from recordings.transcribing import read_transcript


def transcript_command(
    call: Annotated[int, typer.Argument(help="The number of the call.")],
    file: Annotated[Path, typer.Argument(help="WebVTT, or JSON with segments of start, end, text and speaker.")],
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    language: Annotated[str, typer.Option(help="As es or pt.")] = "",
) -> None:
    """Import a transcript that another engine made: found by its words, held against the rules."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read ({error})") from error

    async def work(store: Store) -> int:
        if await store.recordings.by_call(CallId(call)) is None:
            raise ConfigError(f"call {call} has no recording")
        transcript = read_transcript(call, text, file.name, language, time.time())
        if not await store.transcripts.save(transcript):
            raise ConfigError(f"call {call}: its recording is deleted; its tombstone alone is left")
        await renew_words(store, [CallId(call)])
        return len(transcript.segments)

    typer.echo(f"call {call}: {run(Reach.of(config, database).in_store(work))} segments")


def transcribe_command(
    query: Annotated[list[str] | None, typer.Argument(help='As: campaign:cards "duration>60s" since:7d')] = None,
    *,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    json_file: JsonFile = None,
) -> None:
    """Ask for transcripts of what a search finds, also of those that failed; `dialer serve` makes them.

    Without a search: how many wait, are done, and failed.
    """

    async def work(store: Store) -> tuple[int, dict[str, int]]:
        taken = 0
        if query:
            hits = await search(store, as_typed(query), limit=WAITING_MAX)
            calls = [hit.call for hit in hits if hit.state in ("indexed", "stored")]
            taken = await store.transcripts.queue(calls, time.time(), waiting_max=WAITING_MAX)
        return taken, await store.transcripts.counts()

    taken, counts = run(Reach.of(config, database).in_store(work))
    if json_file is not None:
        write_json({"queued_now": taken, **counts}, json_file)
        return
    if query:
        typer.echo(f"{taken} asked for; at most {WAITING_MAX} wait at a time")
    show_table(("state", "transcripts"), sorted(counts.items()))
