"""The tables of audits, resting numbers and lines beside calls: a part of the first step, kept here for its length."""

from typing import Any

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def columns_of_calls() -> tuple[sa.Column[Any], ...]:
    """What a call keeps of detection, direction and cost."""
    return (
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detection_s", sa.Double(), nullable=True),
        sa.Column("message_at", sa.Double(), nullable=True),
        sa.Column("after_beep", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("audit", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("inbound", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("currency", sa.Text(), server_default=sa.text("''"), nullable=False),
    )


def make() -> None:
    """Make them all."""
    op.create_table(
        "detection_audits",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("person", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_detection_audits")),
    )
    op.create_index(op.f("ix_detection_audits_campaign"), "detection_audits", ["campaign"], unique=False)
    op.create_table(
        "audit_recordings",
        sa.Column("call", ID, autoincrement=False, nullable=False),
        sa.Column("hold", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=True),
        sa.Column("deleted_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("file_left", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_audit_recordings")),
    )
    op.create_table(
        "caller_id_rests",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("complaint", sa.Text(), nullable=True),
        sa.Column("hits", ID, nullable=True),
        sa.Column("calls", ID, nullable=True),
        sa.Column("usual", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("number", "since", name=op.f("pk_caller_id_rests")),
        sqlite_with_rowid=False,
    )
    _make_lines_out()


def _make_lines_out() -> None:
    op.create_table(
        "lines_out",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("call", ID, nullable=False),
        sa.Column("campaign", ID, nullable=False),
        sa.Column("client", ID, nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.Double(), nullable=False),
        sa.Column("person", ID, nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("currency", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines_out")),
    )
    op.create_index(op.f("ix_lines_out_call"), "lines_out", ["call"], unique=False)
    op.create_index(op.f("ix_lines_out_number"), "lines_out", ["number"], unique=False)
    op.create_index(op.f("ix_lines_out_person"), "lines_out", ["person"], unique=False)
