"""The tables of the floor, as the first step makes them."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make them all."""
    _series()
    _events()
    _messages()


def _series() -> None:
    op.create_table(
        "minutes",
        sa.Column("campaign", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("placed", "answered", "connected", "abandoned")),
        sa.Column("waits", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("wait_s", "idle_s", "busy_s", "agents", "lines")),
        sa.PrimaryKeyConstraint("campaign", "at", "cell", name=op.f("pk_minutes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trunk_minutes",
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_max", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("trunk", "at", "cell", name=op.f("pk_trunk_minutes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plans",
        sa.Column("campaign", ID, nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("connected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_plans_campaign")),
        sa.PrimaryKeyConstraint("campaign", "hour", name=op.f("pk_plans")),
        sqlite_with_rowid=False,
    )


def _events() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", ID, nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("campaign", ID, nullable=True),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("cleared_at", sa.Double(), nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_at"), "alarms", ["at"], unique=False)
    op.create_table(
        "forecasts",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.Double(), nullable=True),
        sa.Column("came", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
    )
    op.create_index(op.f("ix_forecasts_campaign_at"), "forecasts", ["campaign", "at"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_table(
        "message_reads",
        sa.Column("message", ID, nullable=False),
        sa.Column("agent", ID, autoincrement=False, nullable=False),
        sa.Column("read_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_message_reads_message")),
        sa.PrimaryKeyConstraint("message", "agent", name=op.f("pk_message_reads")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_message_reads_agent_message"), "message_reads", ["agent", "message"], unique=False)
