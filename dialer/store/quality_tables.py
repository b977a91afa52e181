"""The tables of quality assurance: recordings and what was measured of them, their words, forms, scores, the log.

A part of the schema, kept here for its length. Everything hangs on the call: a recording is that of one call.
"""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from dialer.store.metadata import Id, metadata

_WORKABLE = text("state IN ('expected', 'raw') OR (legs AND state IN ('indexed', 'stored'))")
_QUEUED = text("state = 'indexed'")
_WAITING = text("state = 'queued'")
_ANYBODY = text("evaluator IS NULL")
_EMPTY = text("''")

recordings = Table(
    "recordings",
    metadata,
    Column("call", Id, primary_key=True, autoincrement=False),  # one that another dialer made: of the archives' cell
    Column("campaign", Id, nullable=False),  # 0: of none of ours
    Column("agent", Id),
    Column("base", Text, nullable=False),  # name of its raw files without ending
    Column("at", Double, nullable=False),
    Column("seconds", Double),
    Column("state", Text, nullable=False),
    # From here on what the index knows; empty until then.
    Column("position", Id),  # by time and unique: the place in every list, newest last
    Column("client", Id),
    Column("lead", Id),
    Column("outcome", Text, nullable=False, server_default=_EMPTY),
    Column("disposition", Text, nullable=False, server_default=_EMPTY),
    Column("number", Text, nullable=False, server_default=_EMPTY),
    Column("origin", Text, nullable=False, server_default=_EMPTY),  # the archive it was adopted from; empty: ours
    Column("foreign_name", Text),  # of an adopted one: its name there, so that it is adopted once
    Column("foreign_words", Text, nullable=False, server_default=_EMPTY),  # what else its archive tells, to be found by
    Column("file", Text, nullable=False, server_default=_EMPTY),  # below the folder of the index
    Column("bytes", Id),
    Column("sha256", Text, nullable=False, server_default=_EMPTY),  # of the sound file, before it is encrypted
    Column("legs", Boolean, nullable=False, server_default=text("true")),  # the raw files are still there
    Column("local", Boolean, nullable=False, server_default=text("true")),  # the file stands in the local tree
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Double),  # not to be looked at before
    Column("problem", Text, nullable=False, server_default=_EMPTY),
    Column("indexed_at", Double),
    Column("stored_at", Double),
    Column("flags", Text, nullable=False, server_default=_EMPTY),  # divided by spaces
    Column("score", Double),  # of the evaluation that stands, 0..1
    Column("muted", Text, nullable=False, server_default=text("'[]'")),  # JSON list of [from, to] in seconds
    Column("hold", Text, nullable=False, server_default=_EMPTY),  # why it may not be deleted; empty: it may
    Column("deleted_at", Double),
    Column("deleted_by", Text, nullable=False, server_default=_EMPTY),  # the rule, or who
    Index(None, "at", "call"),
    Index(None, "position", unique=True),
    Index(None, "agent", "campaign"),
    Index(None, "origin", "foreign_name", unique=True),
    Index("ix_recordings_workable", "at", sqlite_where=_WORKABLE, postgresql_where=_WORKABLE),
    Index("ix_recordings_queued", "at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
)

recording_measures = Table(
    "recording_measures",
    metadata,
    Column("call", Id, ForeignKey("recordings.call"), primary_key=True, autoincrement=False),
    Column("duration_s", Double, nullable=False),
    Column("agent_share", Double, nullable=False),
    Column("customer_share", Double, nullable=False),
    Column("silence_share", Double, nullable=False),
    Column("talk_over_share", Double, nullable=False),
    Column("longest_monologue_s", Double, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("response_s", Double),
    Column("first_word_s", Double),
    Column("dead_air_s", Double, nullable=False),
    Column("hold_s", Double, nullable=False),
    Column("agent_dbfs", Double),
    Column("customer_dbfs", Double),
    Column("clipping_share", Double, nullable=False),
    Column("music_share", Double, nullable=False),
    Column("beeps", Integer, nullable=False),
    Column("detail", Text, nullable=False),  # JSON: everything measured, and the waveform
)

# The words that a recording is found by, folded; `facets` are words that stand for what is equal or near.
# On SQLite the FTS5 table `recording_words` lies over it, on PostgreSQL an index of its text vectors.
recording_texts = Table(
    "recording_texts",
    metadata,
    Column("position", Id, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("facets", Text, nullable=False),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("call", Id, ForeignKey("recordings.call"), primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # queued, running, done, failed
    Column("source", Text, nullable=False),  # which engine, or which file
    Column("language", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("segments", Text, nullable=False),  # JSON list
    Column("problem", Text, nullable=False, server_default=_EMPTY),
    Index("ix_transcripts_queued", "at", sqlite_where=_WAITING, postgresql_where=_WAITING),
)

recording_comments = Table(
    "recording_comments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call", Id, ForeignKey("recordings.call"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("by_user", Id, nullable=False),  # 0: the local administrator
    Column("from_s", Double, nullable=False),
    Column("until_s", Double),  # null: a moment; else a clip
    Column("body", Text, nullable=False),
)

# Who heard, fetched, exported, silenced or deleted what. Only ever added to.
recording_access = Table(
    "recording_access",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("call", Id, nullable=False, index=True),
    Column("by_whom", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("at", Double, nullable=False),
    UniqueConstraint("owner", "name"),
)

qa_forms = Table(
    "qa_forms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON by `recordings.forms`
    UniqueConstraint("name", "version"),
)

qa_plans = Table(
    "qa_plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON by `recordings.sampling`
)

# What is waiting to be scored, by whom. An open one is for anybody, unless `evaluator` says who. People are users by
# id, 0 the local administrator: a name may be another's tomorrow.
qa_tasks = Table(
    "qa_tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),  # evaluation, calibration
    Column("round", Text, nullable=False),  # the plan's drawing, or the calibration
    Column("form", Id, ForeignKey("qa_forms.id"), nullable=False),
    Column("call", Id, ForeignKey("recordings.call"), nullable=False, index=True),
    Column("evaluator", Id),  # null: anybody
    Column("state", Text, nullable=False),  # open, claimed, done, closed
    Column("claimed_by", Id),
    Column("claimed_until", Double),
    Column("drawn_at", Double, nullable=False),
    UniqueConstraint("round", "call", "evaluator"),
    Index("ix_qa_tasks_of_anybody", "round", "call", unique=True, sqlite_where=_ANYBODY, postgresql_where=_ANYBODY),
    Index("ix_qa_tasks_state", "state", "id"),
)

qa_evaluations = Table(
    "qa_evaluations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task", Id, ForeignKey("qa_tasks.id"), index=True),
    Column("call", Id, ForeignKey("recordings.call"), nullable=False, index=True),
    Column("form", Id, ForeignKey("qa_forms.id"), nullable=False),
    Column("campaign", Id, nullable=False),
    Column("agent", Id),
    Column("evaluator", Id, nullable=False),  # a user, as in the queue
    Column("at", Double, nullable=False),
    Column("answers", Text, nullable=False),  # JSON object: item to answer
    Column("score", Double),  # 0..1; null: everything was not applicable
    Column("critical", Text, nullable=False),  # kinds of critical errors, divided by spaces
    Column("passed", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # given, acknowledged, disputed, upheld, replaced
    Column("note", Text, nullable=False),
    Column("reply", Text, nullable=False, server_default=_EMPTY),  # the agent's words
    Column("ruling", Text, nullable=False, server_default=_EMPTY),  # why a disputed one stands
    Column("replaces", Id),
    Column("blind", Boolean, nullable=False),  # of a calibration: counts for agreement alone
    Index(None, "agent", "at"),
    Index("ix_qa_evaluations_at", "at"),
)

said_rules = Table(
    "said_rules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("body", Text, nullable=False),  # JSON by `recordings.said`
)
