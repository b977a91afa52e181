"""The tables of administration: webhooks and what they must be told, requests done once, schedules, agents' teams.

A part of `schema`. Nothing here runs a query.
"""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, text

from dialer.store.metadata import Id, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # signs what is sent; both sides must know it
    Column("kinds", Text, nullable=False),  # divided by spaces; empty = every kind of happening
    Column("client", Id, ForeignKey("clients.id")),  # told of this client's alone
    Column("active", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
)

# One row for each thing that a webhook still must be told, or could not be.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook", Id, ForeignKey("webhooks.id"), nullable=False),
    Column("subject", Text, nullable=False),  # what must be told in order, as a call
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("state", Text, nullable=False),  # waiting, dead
    Column("error", Text, nullable=False),
    Index(None, "webhook", "state", "subject", "id"),
)

# Up to where each reader of the journal has got, run by run.
journal_marks = Table(
    "journal_marks",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("marks", Text, nullable=False),  # JSON object: run -> seq
    sqlite_with_rowid=False,
)

# What was answered to requests that name a key, so that the same one again is not done again.
requests_done = Table(
    "requests_done",
    metadata,
    Column("key", Text, primary_key=True),  # digest of who asks and the key given
    Column("request", Text, nullable=False),  # digest of method, path and body
    Column("at", Double, nullable=False, index=True),
    Column("status", Integer, nullable=False),  # 0 while it is being done
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign", Id, ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("action", Text, nullable=False),  # start, pause, archive
    Column("by_whom", Text, nullable=False),
    Column("done_at", Double),
    Column("error", Text, nullable=False, server_default=text("''")),
)

archived = Table(
    "archived",
    metadata,
    Column("campaign", Id, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# Of an agent beside what the engine asks: team, skills and shift, as the house calls them.
agent_profiles = Table(
    "agent_profiles",
    metadata,
    Column("agent", Id, ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("team", Text, nullable=False),
    Column("skills", Text, nullable=False),  # divided by spaces
    Column("shift", Text, nullable=False),  # as mon-fri 09:00-18:00
    sqlite_with_rowid=False,
)
