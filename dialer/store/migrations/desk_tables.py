"""The tables of agents' desks, as the first step makes them."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make_desk_tables() -> None:
    """Drafts and promises."""
    op.create_table(
        "drafts",
        sa.Column("agent", ID, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("right_party", sa.Boolean(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "call", name=op.f("pk_drafts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_drafts_at"), "drafts", ["at"], unique=False)
    waiting = sa.text("waits")
    op.create_index(
        "ix_drafts_waiting", "drafts", ["call"], unique=False, sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "promises",
        sa.Column("id", ID, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("agent", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("instalments", sa.Integer(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("pay_by", sa.Text(), nullable=False),
        sa.Column("paid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.Double(), nullable=False),
        sa.Column("unconfirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sa.UniqueConstraint("call", name=op.f("uq_promises_call")),
    )
    op.create_index(op.f("ix_promises_person"), "promises", ["person"], unique=False)
    op.create_index(op.f("ix_promises_account"), "promises", ["account"], unique=False)
    op.create_index(op.f("ix_promises_agent_at"), "promises", ["agent", "at"], unique=False)
    open_ones = sa.text("state = 'open'")
    op.create_index(
        "ix_promises_open", "promises", ["due_on"], unique=False, sqlite_where=open_ones, postgresql_where=open_ones
    )
