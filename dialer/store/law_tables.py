"""The tables of what may be called and of what was: do-not-call, restrictions, the compliance log, feeds of clients.

A part of `schema`. Nothing here runs a query.
"""

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, Table, Text, text

from dialer.store.metadata import Id, metadata

do_not_call = Table(
    "do_not_call",
    metadata,
    Column("number", Text, primary_key=True),  # E.164 with +; of a hashed list the digest in hexadecimal
    Column("source", Text, primary_key=True),  # the list, by name
    Column("added_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("call", Id),
    Column("load", Integer),  # which loading of the list brought it last; null: one by one
    Index(
        "ix_do_not_call_expires_at",
        "expires_at",
        sqlite_where=text("expires_at IS NOT NULL"),
        postgresql_where=text("expires_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

do_not_call_prefixes = Table(
    "do_not_call_prefixes",
    metadata,
    Column("prefix", Text, primary_key=True),  # E.164 with +: all numbers that begin so
    Column("source", Text, primary_key=True),
    Column("added_at", Double, nullable=False),
    Column("expires_at", Double),
    sqlite_with_rowid=False,
)

# A list that does not stand here holds for everybody and has plain numbers.
do_not_call_lists = Table(
    "do_not_call_lists",
    metadata,
    Column("name", Text, primary_key=True),
    Column("campaign", Id, ForeignKey("campaigns.id")),  # holds for this one alone
    Column("client", Id, ForeignKey("clients.id")),
    Column("purposes", Text, nullable=False),  # divided by spaces; empty = any
    Column("hashing", Text, nullable=False),  # empty = plain numbers
    Column("salt", Text, nullable=False),  # put before the number that is hashed
    Column("loaded_at", Double),
    Column("load", Integer, nullable=False),
    Column("waived", Text, nullable=False, server_default=text("''")),  # why calls need not wait for it; empty: they do
    sqlite_with_rowid=False,
)

# People who turned out to be one. What the log says of the one who is gone stays as written: it is the other's.
people_joins = Table(
    "people_joins",
    metadata,
    Column("gone", Id, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("kept", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("told_at", Double, nullable=False),
    Column("import_id", Id, ForeignKey("imports.id")),
    Column("done_at", Double),  # null: told, and not done yet
    Index("ix_people_joins_done_at", "done_at"),
)

restrictions = Table(
    "restrictions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Id, ForeignKey("people.id"), nullable=False),
    Column("account", Id, ForeignKey("accounts.id")),  # about this one alone
    Column("client", Id, ForeignKey("clients.id")),
    Column("number", Text),
    Column("kind", Text, nullable=False),  # of dialer.core.packs.schema.Kept
    Column("value", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("until", Double),
    Column("source", Text, nullable=False),  # who told it
    Column("call", Id),
    Index(None, "person"),
)

compliance = Table(
    "compliance",
    metadata,
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("campaign", Id),
    Column("call", Id),
    Column("rule", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the salted digest of whom it is about; empty = nobody
    Column("hash", Text, nullable=False),  # over the one before and all of this row
    Index(None, "at"),
    Index(None, "call"),
    sqlite_with_rowid=False,
)

compliance_heads = Table(
    "compliance_heads",
    metadata,
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("seq", Id, nullable=False),
    Column("hash", Text, nullable=False),
    Column("erased", Integer, nullable=False),  # subjects of this cell's entries that were erased on purpose
)

# Whom the log's entries are about. Rows go when the person's data is erased; the log stays whole.
compliance_subjects = Table(
    "compliance_subjects",
    metadata,
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("salt", Text, nullable=False),
    Column("person", Id, nullable=False),
    Column("lead", Id, nullable=False),
    Column("number", Text, nullable=False),
    Index(None, "person"),
    Index(None, "lead"),
    sqlite_with_rowid=False,
)

feed_runs = Table(
    "feed_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("begun_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("state", Text, nullable=False),  # running, done, failed
    Column("file", Text, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "feed", "begun_at"),
)

feed_marks = Table(
    "feed_marks",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("mark", Text, nullable=False),  # up to where it was read or written
    sqlite_with_rowid=False,
)

account_events = Table(
    "account_events",
    metadata,
    Column("client", Id, ForeignKey("clients.id"), primary_key=True),
    Column("event", Text, primary_key=True),  # its id with the client: the same told twice is one
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)
