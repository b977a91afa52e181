"""Lists loaded through the API: looked at first, tried without writing, loaded in the background, taken back."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from dialer.core.messages import ListChanged
from dialer.core.model import Campaign
from dialer.errors import ImportRefusedError
from dialer.leads.chunks import Source, head_of
from dialer.leads.columns import Meaning, mapping_of
from dialer.leads.importer import Options, import_file
from dialer.leads.rejected import rejected_file
from dialer.store import ImportRow
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(tags=["lists"], responses=responses(401, 403, 404))
log = structlog.get_logger()

_NAME = r"^[^\x00-\x1f/\\]{1,120}$"
_NAME_BYTES_MAX = 200  # with what is put behind it, a file may be called so anywhere
_LOADING = "loading-"
_FORMS = (".csv", ".txt", ".tsv", ".xlsx", ".jsonl", ".parquet")
_UPLOAD = {"requestBody": {"required": True, "content": {"application/octet-stream": {
    "schema": {"type": "string", "format": "binary"}, "example": "account,name,phone\nA-1,Ana,+525500000001\n",
}}}}  # fmt: skip


class ImportQuery(BaseModel):
    """How the file that is the request's body is taken."""

    model_config = ConfigDict(extra="forbid")

    file: Annotated[
        str, Field(pattern=_NAME, examples=["cards.csv"], description="Its name; the ending tells the form.")
    ]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="Of numbers without + and of national ids.")] = "MX"
    mapping: Annotated[
        str, Field(max_length=8000, description="JSON: meaning -> columns, as the preview gives it.")
    ] = ""
    encoding: Annotated[str, Field(max_length=20, pattern="^[A-Za-z0-9_-]*$")] = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    refuse_duplicates: bool = False
    dry_run: Annotated[bool, Field(description="Count all, write nothing.")] = False


class ImportPreview(BaseModel):
    """How the columns of a file are taken; change `mapping` and give it back. `meanings` are all that there are."""

    form: str
    unread: list[str] = Field(description="The other sheets of a workbook: they are not read.")
    header: list[str]
    mapping: dict[str, list[str]]
    kept: list[str] = Field(description="Columns that mean nothing here; kept under their own names.")
    meanings: list[str]


class ImportReportShown(BaseModel):
    """What became, or would become, of a list. `import_id` is 0 for a dry run."""

    import_id: int
    form: str = Field(description="How the file was taken: encoding and delimiter, or which sheet.")
    unread: list[str] = Field(description="The other sheets of a workbook: they are not read.")
    rows: int
    leads: int
    phones: int
    invalid_phones: int
    joined_people: int
    extensions: int
    padded_ids: int
    invalid_ids: int
    rejected: dict[str, int]
    dialable_now: int
    not_dialable: dict[str, int]
    resumed_after: int
    dry_run: bool
    seconds: float


class ImportShown(BaseModel):
    """A list that was loaded, or is being loaded (`finished_at` null)."""

    id: int
    campaign: int
    file: str
    at: float
    rows: int
    leads: int
    finished_at: float | None
    undone_at: float | None
    rejected: dict[str, int]
    rejected_rows: bool = Field(description="Whether the rejected rows are there as a file.")


class Undone(BaseModel):
    """How many leads were withdrawn."""

    withdrawn: int


ImportAsked = Annotated[ImportQuery, Query()]


def _mapping(text: str) -> dict[str, list[str]] | None:
    if not text:
        return None
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ProblemError("invalid", "mapping: is no JSON") from error
    good = isinstance(read, dict) and all(
        isinstance(names, list) and all(isinstance(one, str) for one in names) for names in read.values()
    )
    if not good:
        raise ProblemError("invalid", "mapping: must be an object of lists of columns")
    return dict(read)


@asynccontextmanager
async def _uploaded(request: Request, console: Console, query: ImportQuery) -> AsyncIterator[Path]:
    """The body as a file of the name given; gone with its folder where nobody moves it away."""
    if not query.file.lower().endswith(_FORMS):
        raise ProblemError("invalid", f"file: must end with {', '.join(_FORMS)}")
    if len(query.file.encode()) > _NAME_BYTES_MAX:
        raise ProblemError("invalid", "file: the name is too long")
    place = await asyncio.to_thread(_uploads, console)
    with tempfile.TemporaryDirectory(prefix=_LOADING, dir=place) as folder:
        path = Path(folder) / query.file
        try:
            with path.open("wb") as file:
                async for part in request.stream():
                    await asyncio.to_thread(file.write, part)
        except OSError as error:
            raise ProblemError("unavailable", f"the list cannot be kept while it is read: {error.strerror}") from error
        yield path


def _uploads(console: Console) -> Path:
    folder = console.uploads
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_cut_off(uploads: Path) -> None:
    """Let go of the lists that were being read when the process was killed: they hold people's data."""
    for left in uploads.glob(f"{_LOADING}*"):
        shutil.rmtree(left, ignore_errors=True)


@router.post("/campaigns/{campaign}/preview/imports", operation_id="previewImport", openapi_extra=_UPLOAD)
async def preview(
    campaign: Id, query: ImportAsked, request: Request, session: Caller, console: TheConsole
) -> ImportPreview:
    """Look at a file: its columns, and how they would be taken. Nothing is written."""
    await console.campaign(campaign, session)
    async with _uploaded(request, console, query) as path:
        return await asyncio.to_thread(_looked_at, path, query)


def _looked_at(path: Path, query: ImportQuery) -> ImportPreview:
    source = Source(path, query.country, _mapping(query.mapping), query.encoding, query.delimiter)
    try:
        head = head_of(source)
    except (ImportRefusedError, ValueError) as error:
        raise ProblemError("invalid", str(error)) from error
    columns = head.columns
    return ImportPreview(
        form=head.form,
        unread=list(head.unread),
        header=head.header,
        mapping=mapping_of(columns),
        kept=[columns.names[position] for position in columns.fields],
        meanings=sorted(one.name.lower() for one in Meaning),
    )


@router.post(
    "/campaigns/{campaign}/imports", operation_id="importLeads", openapi_extra=_UPLOAD, responses=responses(409)
)
async def import_leads(
    campaign: Id, query: ImportAsked, request: Request, session: Caller, console: TheConsole
) -> ImportReportShown:
    """Load a list, or count what it would bring (`dry_run`).

    Rejected rows stay as a file; the same list again brings nothing. Large lists take their time: the engine goes
    first. What a broken connection cuts off goes on when the same file is sent again.
    """
    found = await console.campaign(campaign, session)
    async with _uploaded(request, console, query) as path:
        report = await _imported(console, found, path, query)
    if not query.dry_run:
        await console.ask(ListChanged(found.id))
        await console.note(session, "list.import", campaign=found.id, number=report.import_id, file=query.file,
                           leads=report.leads, rejected=sum(report.rejected.values()))  # fmt: skip
    return report


async def _imported(console: Console, campaign: Campaign, path: Path, query: ImportQuery) -> ImportReportShown:
    options = Options(
        mapping=_mapping(query.mapping),
        encoding=query.encoding,
        delimiter=query.delimiter,
        refuse_duplicates=query.refuse_duplicates,
        dry_run=query.dry_run,
        law=console.law,
        shown=await console.shown(),
    )
    now = console.now()
    try:
        report = await import_file(console.store, path, campaign, country=query.country, now=now, options=options)
    except (ImportRefusedError, ValueError) as error:
        raise ProblemError("invalid", str(error).replace(f"{path.parent}/", "")) from error
    report.seconds = round(console.now() - now, 3)
    rejected = rejected_file(path)
    if not query.dry_run and rejected.exists():
        rejected.rename(_uploads(console) / f"rejected-{report.import_id}.csv")
    return ImportReportShown(**report.as_dict())  # type: ignore[arg-type]  # the model has the same fields


def _shown(console: Console, row: ImportRow) -> ImportShown:
    progress: dict[str, Any] = json.loads(row.progress)
    return ImportShown(
        id=row.id,
        campaign=row.campaign,
        file=row.file,
        at=row.at,
        rows=row.row_count,
        leads=row.lead_count,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
        rejected=progress.get("report", {}).get("rejected", {}),
        rejected_rows=(console.uploads / f"rejected-{row.id}.csv").exists(),
    )


async def _import(console: Console, session: Session, number: int) -> ImportRow:
    for row in await console.store.imports.list():
        if row.id == number:
            await console.campaign(row.campaign, session)
            return row
    raise ProblemError("not_found", "there is no such import")


@router.get("/campaigns/{campaign}/imports", operation_id="listImports")
async def list_imports(campaign: Id, session: Caller, console: TheConsole) -> list[ImportShown]:
    """The lists that were loaded into a campaign, newest first."""
    found = await console.campaign(campaign, session)
    return [_shown(console, row) for row in await console.store.imports.list(campaign=found.id)]


@router.post("/imports/{number}/undo", operation_id="undoImport", responses=responses(409))
async def undo_import(number: Id, session: Caller, console: TheConsole) -> Undone:
    """Take a list back: its leads that are not finished, its numbers, the figures that it changed."""
    row = await _import(console, session, number)
    withdrawn = await console.store.imports.undo(number, console.now())
    await console.ask(ListChanged(row.campaign))
    await console.note(session, "list.undo", campaign=row.campaign, number=number, withdrawn=withdrawn)
    return Undone(withdrawn=withdrawn)


@router.get(
    "/imports/{number}/rejected",
    operation_id="rejectedRows",
    response_class=FileResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The rows with their reasons"}},
)
async def rejected_rows(number: Id, session: Caller, console: TheConsole) -> FileResponse:
    """The rows of a list that were rejected, each with its reason, as CSV."""
    row = await _import(console, session, number)
    path = console.uploads / f"rejected-{number}.csv"
    if not path.is_file():
        raise ProblemError("not_found", "no row was rejected, or the file is gone")
    await console.note(session, "list.rejected", campaign=row.campaign, number=number)
    return FileResponse(path, media_type="text/csv", filename=f"{Path(row.file).stem}.rejected.csv")
