"""The tables of the floor: its minutes, alarms, forecasts, messages and plans."""

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, SmallInteger, Table, Text

from dialer.store.metadata import Id, metadata

# One row for each minute of a campaign that a cell dials: what the curves show.
minutes = Table(
    "minutes",
    metadata,
    Column("campaign", Id, primary_key=True, autoincrement=False),
    Column("at", Double, primary_key=True),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("placed", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("connected", Integer, nullable=False),
    Column("abandoned", Integer, nullable=False),
    Column("waits", Integer, nullable=False),
    Column("wait_s", Double, nullable=False),
    Column("idle_s", Double, nullable=False),
    Column("busy_s", Double, nullable=False),
    Column("agents", Double, nullable=False),
    Column("lines", Double, nullable=False),
    sqlite_with_rowid=False,
)

trunk_minutes = Table(
    "trunk_minutes",
    metadata,
    Column("trunk", Text, primary_key=True),
    Column("at", Double, primary_key=True),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("lines", Integer, nullable=False),
    Column("lines_max", Integer, nullable=False),
    Column("state", Text, nullable=False),
    sqlite_with_rowid=False,
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cell", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # the board's own, within the run
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("campaign", Id),
    Column("figures", Text, nullable=False),  # JSON list of name and value
    Column("at", Double, nullable=False),
    Column("cleared_at", Double),
    Column("seen_by", Text, nullable=False),
    Column("seen_at", Double),
    Index(None, "at"),
)

# What was forecast, and what came.
forecasts = Table(
    "forecasts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign", Id, nullable=False),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("minutes", Double, nullable=False),
    Column("change", Text, nullable=False),  # JSON object; empty: the present course
    Column("said", Text, nullable=False),  # JSON object: the forecast as it was shown
    Column("made", Integer),  # the number of the change that was made after it, and when
    Column("made_at", Double),
    Column("came", Text),  # JSON object of the same figures; null while the time runs, or where the course was another
    Column("judged_at", Double),
    Index(None, "campaign", "at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("text", Text, nullable=False),
)

message_reads = Table(
    "message_reads",
    metadata,
    Column("message", Id, ForeignKey("messages.id"), primary_key=True),
    Column("agent", Id, primary_key=True, autoincrement=False),
    Column("read_at", Double),
    Index(None, "agent", "message"),
    sqlite_with_rowid=False,
)

# What a campaign is to reach in each hour of a day.
plans = Table(
    "plans",
    metadata,
    Column("campaign", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("hour", SmallInteger, primary_key=True, autoincrement=False),
    Column("connected", Integer, nullable=False),
    sqlite_with_rowid=False,
)
