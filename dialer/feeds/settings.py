"""What the configuration says of feeds. Values alone; what is wrong between them is told here, nothing is done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from dialer.core.accounts import AccountEventKind
from dialer.leads.columns import Meaning
from dialer.leads.numbers import COUNTRIES

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
EVENT_COLUMNS = ("account", "event", "id", "amount", "balance", "days_past_due", "until")
RETURN_COLUMNS = (
    "call", "account", "national_id", "number", "placed_at", "talk_s", "outcome", "disposition", "agent", "campaign",
)  # fmt: skip


class Way(StrEnum):
    IN = "in"  # events of accounts, or leads, come to us
    OUT = "out"  # calls go back to the client


class Brings(StrEnum):
    """What comes to us."""

    EVENTS = "events"  # of accounts
    LEADS = "leads"  # a list, into a campaign


LEAD_COLUMNS = tuple(one.name.lower() for one in Meaning)


def _way(text: str) -> str | None:
    return None if text in set(Way) else f"must be {' or '.join(Way)}"


def _brings(text: str) -> str | None:
    return None if text in set(Brings) else f"must be {' or '.join(Brings)}"


def _said(text: str) -> str | None:
    return None if text.strip() else "must not be empty"


def _event(text: str) -> str | None:
    return None if not text or text in set(AccountEventKind) else f"must be one of {', '.join(AccountEventKind)}"


def _times(texts: tuple[str, ...]) -> str | None:
    wrong = [text for text in texts if not TIME.fullmatch(text)]
    return f"{wrong[0]!r} is no time of day, as 06:30" if wrong else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the client's, and what it is here."""

    name: Annotated[str, _said]
    means: Annotated[str, _said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the client calls a kind of event."""

    word: Annotated[str, _said]
    means: Annotated[str, _event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the client's files or rows look. Without columns, the names are ours.

    Left empty, a file of events is UTF-8 with commas; of one of leads it is found out.
    """

    delimiter: str = ""
    encoding: str = ""
    decimal: str = (
        ""  # the sign before decimals of events' amounts; empty: found out, and refused where nobody can know
    )
    event: Annotated[str, _event] = ""  # of all rows, where no column tells it
    columns: tuple[Column, ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """One feed. `place` is a folder, sftp://user@host[:port]/folder, or a database as sqlite:/// or postgresql://."""

    name: Annotated[str, _said]
    client: Annotated[str, _said]
    way: Annotated[str, _way] = Way.IN.value
    brings: Annotated[str, _brings] = Brings.EVENTS.value
    campaign: str = ""  # that leads come into, by its name
    country: str = ""  # of leads' numbers without + and of national ids: ISO 3166 alpha-2; empty: the campaign's
    place: Annotated[str, _said]
    pattern: str = "*.csv"
    every_s: float = 0.0  # 0 = only at the times
    at: Annotated[tuple[str, ...], _times] = ()  # of the machine's day
    retries: int = 5
    retry_s: float = 60.0  # doubled with each
    settle_s: float = 5.0  # a file that changed more lately than this is still being written
    query: str = ""  # of a database: named columns; :mark is the highest value of `mark` seen so far
    mark: str = ""
    mark_from: str = ""  # before the first row, as 0 or 2026-01-01; empty: 0
    table: str = ""  # of a database that calls go back to
    password_env: str = ""
    key_file: str = ""
    known_hosts: str = ""  # of SFTP; without it the server is not trusted
    layout: Layout = field(default_factory=Layout)

    @property
    def is_database(self) -> bool:
        return self.place.startswith(("sqlite:", "postgresql:"))

    @property
    def is_sftp(self) -> bool:
        return self.place.startswith("sftp://")

    @property
    def brings_leads(self) -> bool:
        return self.way == Way.IN and self.brings == Brings.LEADS

    def problems(self) -> Iterator[tuple[str, str]]:
        """Keys, and what is wrong with them."""
        if self.every_s <= 0 and not self.at:
            yield "every_s", 'say how often: every_s = 300, or at = ["06:00"]'
        if 0 < self.every_s < 1:
            yield "every_s", "must be 1 or more"
        if self.retries < 0 or self.retry_s <= 0:
            yield "retries", "retries must be 0 or more, retry_s above 0"
        if self.is_database and self.way == Way.IN and not self.query.strip():
            yield "query", "a database needs a query, as SELECT account, event, id FROM news WHERE id > :mark"
        if self.is_database and self.way == Way.OUT and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", self.table):
            yield "table", "a database needs the table that calls go to"
        if ":mark" in self.query and not self.mark:
            yield "mark", "the query asks for :mark: say which column it is"
        if self.mark and self.is_database and ":mark" not in self.query:
            yield "query", f"the query does not ask for :mark: end it as WHERE {self.mark} > :mark ORDER BY {self.mark}"
        if self.is_sftp and not self.known_hosts:
            yield "known_hosts", "SFTP needs the file with the server's key"
        yield from self._leads_problems()
        yield from self._layout_problems()

    def _layout_problems(self) -> Iterator[tuple[str, str]]:
        known = LEAD_COLUMNS if self.brings_leads else EVENT_COLUMNS if self.way == Way.IN else RETURN_COLUMNS
        for column in self.layout.columns:
            if column.means not in known:
                yield "layout", f"{column.means!r} is none of {', '.join(known)}"
        if len(self.layout.delimiter) > 1:
            yield "layout", "the delimiter is one sign"
        if self.layout.decimal not in {"", ".", ","}:
            yield "layout", "decimal is a point or a comma"

    def _leads_problems(self) -> Iterator[tuple[str, str]]:
        if self.brings_leads and not self.campaign:
            yield "campaign", "say which campaign the leads come into"
        if self.country and self.country not in COUNTRIES:
            yield "country", "must be where numbers without + are dialled, as MX, CL, CO or PE"
        if self.campaign and not self.brings_leads:
            yield "campaign", 'goes with brings = "leads", and with nothing else'
