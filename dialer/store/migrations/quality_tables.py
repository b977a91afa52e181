"""The tables of quality assurance: a part of the first step, kept here for its length."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_WORKABLE = sa.text("state IN ('expected', 'raw') OR (legs AND state IN ('indexed', 'stored'))")
_QUEUED = sa.text("state = 'indexed'")
_WAITING = sa.text("state = 'queued'")

# What is searched lies over `recording_texts` and follows it by itself, so that no writer can forget it.
_SQLITE_WORDS = (
    """CREATE VIRTUAL TABLE recording_words USING fts5(body, facets, content='recording_texts',
        content_rowid='position', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER recording_texts_added AFTER INSERT ON recording_texts BEGIN
        INSERT INTO recording_words (rowid, body, facets) VALUES (new.position, new.body, new.facets); END""",
    """CREATE TRIGGER recording_texts_removed AFTER DELETE ON recording_texts BEGIN
        INSERT INTO recording_words (recording_words, rowid, body, facets)
        VALUES ('delete', old.position, old.body, old.facets); END""",
    """CREATE TRIGGER recording_texts_changed AFTER UPDATE ON recording_texts BEGIN
        INSERT INTO recording_words (recording_words, rowid, body, facets)
        VALUES ('delete', old.position, old.body, old.facets);
        INSERT INTO recording_words (rowid, body, facets) VALUES (new.position, new.body, new.facets); END""",
)
_POSTGRES_WORDS = """CREATE INDEX recording_words ON recording_texts
    USING gin ((setweight(to_tsvector('simple', facets), 'A') || setweight(to_tsvector('simple', body), 'B')))"""


def make_quality_tables() -> None:
    """Make them all."""
    _recordings()
    _recording_measures()
    _recording_texts()
    _transcripts()
    _recording_comments()
    _recording_access()
    _saved_searches()
    _qa_forms()
    _qa_plans()
    _qa_tasks()
    _qa_evaluations()
    _said_rules()
    _words()


def _recordings() -> None:
    """One for each recorded call."""
    op.create_table(
        "recordings",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("agent", ID, nullable=True),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", ID, nullable=True),
        sa.Column("client", ID, nullable=True),
        sa.Column("lead", ID, nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("disposition", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("number", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("origin", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("foreign_name", sa.Text(), nullable=True),
        sa.Column("foreign_words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("file", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("bytes", ID, nullable=True),
        sa.Column("sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("legs", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("local", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("problem", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("indexed_at", sa.Double(), nullable=True),
        sa.Column("stored_at", sa.Double(), nullable=True),
        sa.Column("flags", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("muted", sa.Text(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("hold", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.Column("deleted_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_recordings")),
    )
    _recordings_indexes()


def _recordings_indexes() -> None:
    """Lists by time and place, and what waits for a step."""
    op.create_index(op.f("ix_recordings_agent_campaign"), "recordings", ["agent", "campaign"], unique=False)
    op.create_index(op.f("ix_recordings_at_call"), "recordings", ["at", "call"], unique=False)
    op.create_index(op.f("ix_recordings_origin_foreign_name"), "recordings", ["origin", "foreign_name"], unique=True)
    op.create_index(op.f("ix_recordings_position"), "recordings", ["position"], unique=True)
    op.create_index(
        "ix_recordings_queued",
        "recordings",
        ["at"],
        unique=False,
        sqlite_where=sa.text("state = 'indexed'"),
        postgresql_where=sa.text("state = 'indexed'"),
    )
    op.create_index(
        "ix_recordings_workable",
        "recordings",
        ["at"],
        unique=False,
        sqlite_where=sa.text("state IN ('expected', 'raw') OR (legs AND state IN ('indexed', 'stored'))"),
        postgresql_where=sa.text("state IN ('expected', 'raw') OR (legs AND state IN ('indexed', 'stored'))"),
    )


def _recording_measures() -> None:
    op.create_table(
        "recording_measures",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("agent_share", sa.Double(), nullable=False),
        sa.Column("customer_share", sa.Double(), nullable=False),
        sa.Column("silence_share", sa.Double(), nullable=False),
        sa.Column("talk_over_share", sa.Double(), nullable=False),
        sa.Column("longest_monologue_s", sa.Double(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("response_s", sa.Double(), nullable=True),
        sa.Column("first_word_s", sa.Double(), nullable=True),
        sa.Column("dead_air_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("agent_dbfs", sa.Double(), nullable=True),
        sa.Column("customer_dbfs", sa.Double(), nullable=True),
        sa.Column("clipping_share", sa.Double(), nullable=False),
        sa.Column("music_share", sa.Double(), nullable=False),
        sa.Column("beeps", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["recordings.call"], name=op.f("fk_recording_measures_call")),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_recording_measures")),
    )


def _recording_texts() -> None:
    op.create_table(
        "recording_texts",
        sa.Column("position", ID, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_recording_texts")),
    )


def _transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("segments", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["recordings.call"], name=op.f("fk_transcripts_call")),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_transcripts")),
    )
    op.create_index(
        "ix_transcripts_queued",
        "transcripts",
        ["at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )


def _recording_comments() -> None:
    op.create_table(
        "recording_comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_user", ID, nullable=False),
        sa.Column("from_s", sa.Double(), nullable=False),
        sa.Column("until_s", sa.Double(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["recordings.call"], name=op.f("fk_recording_comments_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_comments")),
    )
    op.create_index(op.f("ix_recording_comments_call"), "recording_comments", ["call"], unique=False)


def _recording_access() -> None:
    op.create_table(
        "recording_access",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_access")),
    )
    op.create_index(op.f("ix_recording_access_at"), "recording_access", ["at"], unique=False)
    op.create_index(op.f("ix_recording_access_call"), "recording_access", ["call"], unique=False)


def _saved_searches() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_searches_owner_name")),
    )


def _qa_forms() -> None:
    op.create_table(
        "qa_forms",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_forms")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_qa_forms_name_version")),
    )


def _qa_plans() -> None:
    op.create_table(
        "qa_plans",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_plans")),
        sa.UniqueConstraint("name", name=op.f("uq_qa_plans_name")),
    )


def _qa_tasks() -> None:
    op.create_table(
        "qa_tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("form", ID, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("evaluator", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_by", ID, nullable=True),
        sa.Column("claimed_until", sa.Double(), nullable=True),
        sa.Column("drawn_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["recordings.call"], name=op.f("fk_qa_tasks_call")),
        sa.ForeignKeyConstraint(["form"], ["qa_forms.id"], name=op.f("fk_qa_tasks_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_tasks")),
        sa.UniqueConstraint("round", "call", "evaluator", name=op.f("uq_qa_tasks_round_call_evaluator")),
    )
    op.create_index(op.f("ix_qa_tasks_call"), "qa_tasks", ["call"], unique=False)
    op.create_index(
        "ix_qa_tasks_of_anybody",
        "qa_tasks",
        ["round", "call"],
        unique=True,
        sqlite_where=sa.text("evaluator IS NULL"),
        postgresql_where=sa.text("evaluator IS NULL"),
    )
    op.create_index("ix_qa_tasks_state", "qa_tasks", ["state", "id"], unique=False)


def _qa_evaluations() -> None:
    op.create_table(
        "qa_evaluations",
        sa.Column("id", ID, nullable=False),
        sa.Column("task", ID, nullable=True),
        sa.Column("call", ID, nullable=False),
        sa.Column("form", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("agent", ID, nullable=True),
        sa.Column("evaluator", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("critical", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ruling", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("replaces", ID, nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["recordings.call"], name=op.f("fk_qa_evaluations_call")),
        sa.ForeignKeyConstraint(["form"], ["qa_forms.id"], name=op.f("fk_qa_evaluations_form")),
        sa.ForeignKeyConstraint(["task"], ["qa_tasks.id"], name=op.f("fk_qa_evaluations_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_evaluations")),
    )
    op.create_index(op.f("ix_qa_evaluations_agent_at"), "qa_evaluations", ["agent", "at"], unique=False)
    op.create_index("ix_qa_evaluations_at", "qa_evaluations", ["at"], unique=False)
    op.create_index(op.f("ix_qa_evaluations_call"), "qa_evaluations", ["call"], unique=False)
    op.create_index(op.f("ix_qa_evaluations_task"), "qa_evaluations", ["task"], unique=False)


def _said_rules() -> None:
    op.create_table(
        "said_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_said_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_said_rules_name")),
    )


def _words() -> None:
    """What full text search asks."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_WORDS:
            op.execute(statement)
    else:
        op.execute(_POSTGRES_WORDS)
