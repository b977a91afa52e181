"""The tables of agents' desks: what is typed and not yet saved, and what people promised to pay.

A part of `schema`. Nothing here runs a query.
"""

from sqlalchemy import Boolean, Column, Double, Index, Integer, Table, Text, text

from dialer.store.metadata import Id, metadata

# What an agent typed about a call, as the page keeps it, until it is saved.
drafts = Table(
    "drafts",
    metadata,
    Column("agent", Id, primary_key=True),
    Column("call", Id, primary_key=True),
    Column("body", Text, nullable=False),  # JSON of the page's own; empty = nothing is waiting to be saved
    Column("right_party", Boolean),  # the agent made sure whom he speaks with; null = not yet
    Column("at", Double, nullable=False, index=True),
    Column("waits", Boolean, nullable=False),  # something in it was not saved
    Column("code", Text, nullable=False),  # the disposition chosen so far
    Column("disposition", Text, nullable=False),  # JSON: what would be said as it stands; empty = something is lacking
    Column("standing", Text, nullable=False),  # of rows.WrapUp: what became of it when the wrap-up ran out
    Index("ix_drafts_waiting", "call", sqlite_where=text("waits"), postgresql_where=text("waits")),
    sqlite_with_rowid=False,
)

promises = Table(
    "promises",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call", Id, nullable=False, unique=True),
    Column("agent", Id, nullable=False),
    Column("campaign", Id, nullable=False),
    Column("person", Id, nullable=False, index=True),
    Column("account", Id, index=True),
    Column("at", Double, nullable=False),
    Column("amount", Text, nullable=False),  # decimal
    Column("currency", Text, nullable=False),
    Column("due_on", Text, nullable=False),  # ISO date of the first payment
    Column("instalments", Integer, nullable=False),
    Column("every", Text, nullable=False),
    Column("pay_by", Text, nullable=False),
    Column("paid", Text, nullable=False),  # decimal: what payments brought towards it
    Column("state", Text, nullable=False),
    Column("judged_at", Double, nullable=False),
    Column("unconfirmed", Boolean, nullable=False),  # taken when the wrap-up ran out: the agent did not save it
    Index("ix_promises_open", "due_on", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
    Index(None, "agent", "at"),
)
