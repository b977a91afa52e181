"""The tables of people, phones, accounts and leads, as the first release has them."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make them. Clients and campaigns must be there."""
    _imports()
    _people()
    _phones()
    _leads()
    _lead_indexes()
    _scores()


def _imports() -> None:
    """Where leads come from."""
    op.create_table(
        "imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("lead_count", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.Double(), nullable=True),
        sa.Column("digest", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("progress", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_imports_campaign")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )


def _people() -> None:
    """Whom we call."""
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=True),
        sa.Column("id_kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("region", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("national_id", "country", name=op.f("uq_people_national_id_country")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("client", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("balance", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_accounts_client")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_accounts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("client", "external_id", name=op.f("uq_accounts_client_external_id")),
    )
    op.create_index(op.f("ix_accounts_person"), "accounts", ["person"], unique=False)
    op.create_table(
        "import_changes",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("balance", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_import_changes_account")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_changes_import_id")),
        sa.PrimaryKeyConstraint("import_id", "account", name=op.f("pk_import_changes")),
        sqlite_with_rowid=False,
    )


def _phones() -> None:
    """Where we call them."""
    op.create_table(
        "phones",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("consent", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("consent_at", sa.Double(), nullable=True),
        sa.Column("quality", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("quality_at", sa.Double(), nullable=True),
        sa.Column("machines", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("calls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tried_at", sa.Double(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("import_id", ID, nullable=True),
        sa.Column("extension", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_phones_import_id")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_phones_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint("person", "number", name=op.f("uq_phones_person_number")),
    )
    op.create_index(op.f("ix_phones_number"), "phones", ["number"], unique=False)


def _leads() -> None:
    """What is to be dialled."""
    op.create_table(
        "leads",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("listed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("result", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("segment", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("p_answer", sa.Double(), nullable=True),
        sa.Column("import_id", ID, nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("part", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sort_key", sa.Double(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("agent", ID, nullable=True),
        sa.Column("phone", ID, nullable=True),
        sa.Column("streak", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_leads_account")),
        sa.ForeignKeyConstraint(["campaign"], ["campaigns.id"], name=op.f("fk_leads_campaign")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_leads_import_id")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_leads_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("campaign", "account", name=op.f("uq_leads_campaign_account")),
    )


def _lead_indexes() -> None:
    """How leads are found: by cell, by turn, by import, by person."""
    op.create_index(
        "ix_leads_claimed",
        "leads",
        ["claimed_by"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_leads_due",
        "leads",
        ["campaign", "part", "priority", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND agent IS NULL AND sort_key IS NULL"),
        postgresql_where=sa.text("state = 'open' AND agent IS NULL AND sort_key IS NULL"),
    )
    op.create_index(
        "ix_leads_sorted",
        "leads",
        ["campaign", "part", "priority", "sort_key", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND agent IS NULL AND sort_key IS NOT NULL"),
        postgresql_where=sa.text("state = 'open' AND agent IS NULL AND sort_key IS NOT NULL"),
    )
    op.create_index(
        "ix_leads_promised",
        "leads",
        ["campaign", "agent", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND agent IS NOT NULL"),
        postgresql_where=sa.text("state = 'open' AND agent IS NOT NULL"),
    )
    op.create_index(op.f("ix_leads_import_id"), "leads", ["import_id"], unique=False)
    op.create_index(op.f("ix_leads_person"), "leads", ["person"], unique=False)


def _scores() -> None:
    """Who answers when."""
    op.create_table(
        "scores",
        sa.Column("campaign", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", name=op.f("pk_scores")),
    )
