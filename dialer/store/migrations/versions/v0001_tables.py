"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from dialer.store.migrations import floor_tables, lead_tables, line_tables
from dialer.store.migrations.admin_tables import make_admin_tables
from dialer.store.migrations.desk_tables import make_desk_tables
from dialer.store.migrations.law_tables import make_law_tables
from dialer.store.migrations.quality_tables import make_quality_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    _campaigns()
    _agents()
    _users()
    _tokens()
    lead_tables.make()
    _reservations()
    _calls()
    _verdicts()
    _history()
    _journal()
    make_law_tables()
    make_quality_tables()
    line_tables.make()
    make_desk_tables()
    floor_tables.make()
    make_admin_tables()


def downgrade() -> None:
    """There is nothing before the first step."""
    raise NotImplementedError("the first step cannot be undone; restore a backup")


def _campaigns() -> None:
    """Whose leads are dialled, and how."""
    op.create_table(
        "clients",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("screen_pop", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("screen_pop_opens", sa.Text(), server_default=sa.text("'link'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("name", name=op.f("uq_clients_name")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", ID, nullable=False),
        sa.Column("client", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("arranged", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_campaigns_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )


def _agents() -> None:
    """Who talks."""
    op.create_table(
        "agents",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("elsewhere", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("code", name=op.f("uq_agents_code")),
        sa.UniqueConstraint("login", name=op.f("uq_agents_login")),
    )
    op.create_table(
        "agent_campaigns",
        sa.Column("agent", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f("fk_agent_campaigns_agent")),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_agent_campaigns_campaign")),
        sa.PrimaryKeyConstraint("agent", "campaign", name=op.f("pk_agent_campaigns")),
        sqlite_with_rowid=False,
    )


def _users() -> None:
    """Who watches."""
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("client", ID, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("campaigns", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("grants", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("totp_secret", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("totp_step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_users_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("lead", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    told = sa.text("lead IS NOT NULL")
    op.create_index("ix_audit_lead", "audit", ["lead"], unique=False, sqlite_where=told, postgresql_where=told)


def _tokens() -> None:
    """Who has come in."""
    op.create_table(
        "tokens",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("agent", ID, nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("scopes", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f("fk_tokens_agent")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
    )


def _reservations() -> None:
    """What is about to be dialled or being dialled."""
    op.create_table(
        "reservations",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("lead", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("phone", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("agent", ID, nullable=True),
        sa.Column("by_wish", sa.Boolean(), nullable=False),
        sa.Column("reserved_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_reservations_campaign")),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name=op.f("fk_reservations_lead")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_reservations_person")),
        sa.ForeignKeyConstraint(["phone"], ["phones.id"], name=op.f("fk_reservations_phone")),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_reservations")),
        sa.UniqueConstraint("number", name=op.f("uq_reservations_number")),
        sa.UniqueConstraint("person", name=op.f("uq_reservations_person")),
    )


def _calls() -> None:
    """What was dialled."""
    op.create_table(
        "calls",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("client", ID, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("lead", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("phone", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.Double(), nullable=False),
        sa.Column("agent", ID, nullable=True),
        sa.Column("decision", ID, nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.Double(), nullable=True),
        sa.Column("progress_at", sa.Double(), nullable=True),
        sa.Column("ringing_at", sa.Double(), nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("agent_ready_at", sa.Double(), nullable=True),
        sa.Column("bridged_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("wrapped_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("tech_cause", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("recording", sa.Text(), nullable=False),
        *line_tables.columns_of_calls(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_lead"), "calls", ["lead"], unique=False)
    op.create_index(op.f("ix_calls_number_placed_at"), "calls", ["number", "placed_at"], unique=False)
    op.create_index(op.f("ix_calls_person_placed_at"), "calls", ["person", "placed_at"], unique=False)
    op.create_index(op.f("ix_calls_reserved_at_id"), "calls", ["reserved_at", "id"], unique=False)
    for name, which in (("ix_calls_open", "ended_at IS NULL"), ("ix_calls_sampled", "audit <> ''")):
        meant = sa.text(which)
        op.create_index(name, "calls", ["id"], unique=False, sqlite_where=meant, postgresql_where=meant)


def _verdicts() -> None:
    """What was said and decided."""
    op.create_table(
        "dispositions",
        sa.Column("id", ID, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("agent", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("unconfirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispositions")),
    )
    op.create_index(op.f("ix_dispositions_call"), "dispositions", ["call"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("binding", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_campaign_at"), "decisions", ["campaign", "at"], unique=False)


def _history() -> None:
    """What agents did and what was recorded."""
    op.create_table(
        "spells",
        sa.Column("agent", ID, autoincrement=False, nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("campaign", ID, nullable=True),
        sa.Column("call", ID, nullable=True),
        sa.PrimaryKeyConstraint("agent", "since", name=op.f("pk_spells")),
    )
    op.create_index(op.f("ix_spells_until"), "spells", ["until"], unique=False)


def _journal() -> None:
    """What came in and went out."""
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "journal",
        sa.Column("run", ID, autoincrement=False, nullable=False),
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "seq", name=op.f("pk_journal")),
        sqlite_with_rowid=False,
    )
