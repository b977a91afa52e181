"""The tables of what may be called and of what was: a part of the first step, kept here for its length."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The log is only ever added to: whoever changes it otherwise must first take this away, and the chain still tells.
_SQLITE_GUARD = """CREATE TRIGGER compliance_{what} BEFORE {what} ON compliance
    BEGIN SELECT RAISE(ABORT, 'the compliance log is only added to'); END"""
_POSTGRES_GUARD = (
    """CREATE FUNCTION compliance_guard() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the compliance log is only added to'; END $$""",
    """CREATE TRIGGER compliance_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON compliance
        FOR EACH STATEMENT EXECUTE FUNCTION compliance_guard()""",
)


def make_law_tables() -> None:
    """Make them all."""
    _do_not_call()
    _people_joins()
    _restrictions()
    _compliance()
    _guard()
    _feeds()


def _do_not_call() -> None:
    """Numbers that must not be called."""
    op.create_table(
        "do_not_call",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("call", ID, nullable=True),
        sa.Column("load", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", "source", name=op.f("pk_do_not_call")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_do_not_call_expires_at",
        "do_not_call",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "do_not_call_prefixes",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("prefix", "source", name=op.f("pk_do_not_call_prefixes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "do_not_call_lists",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("campaign", ID, nullable=True),
        sa.Column("client", ID, nullable=True),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("hashing", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.Double(), nullable=True),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("waived", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_do_not_call_lists_campaign")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_do_not_call_lists_client")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_do_not_call_lists")),
        sqlite_with_rowid=False,
    )


def _people_joins() -> None:
    """People who turned out to be one."""
    op.create_table(
        "people_joins",
        sa.Column("gone", ID, nullable=False, autoincrement=False),
        sa.Column("kept", ID, nullable=False),
        sa.Column("told_at", sa.Double(), nullable=False),
        sa.Column("import_id", ID, nullable=True),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["gone"], ["people.id"], name=op.f("fk_people_joins_gone")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_people_joins_import_id")),
        sa.ForeignKeyConstraint(["kept"], ["people.id"], name=op.f("fk_people_joins_kept")),
        sa.PrimaryKeyConstraint("gone", name=op.f("pk_people_joins")),
    )
    op.create_index("ix_people_joins_done_at", "people_joins", ["done_at"], unique=False)
    op.create_index(op.f("ix_people_joins_kept"), "people_joins", ["kept"], unique=False)


def _restrictions() -> None:
    """What was said of a person, an account or a number."""
    op.create_table(
        "restrictions",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("client", ID, nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("call", ID, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_restrictions_account")),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_restrictions_client")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_restrictions_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index(op.f("ix_restrictions_person"), "restrictions", ["person"], unique=False)


def _compliance() -> None:
    """The log, where it ends, and whom it is about."""
    op.create_table(
        "compliance",
        sa.Column("cell", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", ID, nullable=False, autoincrement=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign", ID, nullable=True),
        sa.Column("call", ID, nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "seq", name=op.f("pk_compliance")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_compliance_at"), "compliance", ["at"], unique=False)
    op.create_index(op.f("ix_compliance_call"), "compliance", ["call"], unique=False)
    op.create_table(
        "compliance_heads",
        sa.Column("cell", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cell", name=op.f("pk_compliance_heads")),
    )
    op.create_table(
        "compliance_subjects",
        sa.Column("cell", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", ID, nullable=False, autoincrement=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("lead", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "seq", name=op.f("pk_compliance_subjects")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_compliance_subjects_lead"), "compliance_subjects", ["lead"], unique=False)
    op.create_index(op.f("ix_compliance_subjects_person"), "compliance_subjects", ["person"], unique=False)


def _guard() -> None:
    """Let the log be added to alone."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(_SQLITE_GUARD.format(what=what))
    else:
        for statement in _POSTGRES_GUARD:
            op.execute(statement)


def _feeds() -> None:
    """What clients send and get."""
    op.create_table(
        "feed_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_runs")),
    )
    op.create_index(op.f("ix_feed_runs_feed_begun_at"), "feed_runs", ["feed", "begun_at"], unique=False)
    op.create_table(
        "feed_marks",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_marks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "account_events",
        sa.Column("client", ID, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_account_events_client")),
        sa.PrimaryKeyConstraint("client", "event", name=op.f("pk_account_events")),
        sqlite_with_rowid=False,
    )
