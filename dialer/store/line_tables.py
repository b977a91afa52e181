"""The tables of what stands between the engine and a person: audits, numbers shown that rest, lines beside calls.

A part of `schema`. Nothing here runs a query.
"""

from typing import Any

from sqlalchemy import Boolean, Column, Double, Table, Text, text

from dialer.store.metadata import Id, metadata

# What somebody heard on the recording of a call that detection took for a machine.
detection_audits = Table(
    "detection_audits",
    metadata,
    Column("call", Id, primary_key=True, autoincrement=False),
    Column("campaign", Id, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("person", Boolean, nullable=False),
)

# What became of the recording of a sampled answer. Without a row its file is there, and may be deleted.
audit_recordings = Table(
    "audit_recordings",
    metadata,
    Column("call", Id, primary_key=True, autoincrement=False),
    Column("hold", Text, nullable=False, server_default=text("''")),  # why it may not be deleted; empty: it may
    Column("deleted_at", Double),
    Column("deleted_by", Text, nullable=False, server_default=text("''")),  # the rule, or who
    Column("file_left", Boolean, nullable=False, server_default=text("false")),  # of a deleted one: not removed yet
)

# Numbers of ours that rest, with the evidence that sent them to rest.
caller_id_rests = Table(
    "caller_id_rests",
    metadata,
    Column("number", Text, primary_key=True),
    Column("since", Double, primary_key=True),
    Column("until", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by_whom", Text, nullable=False, server_default=text("''")),
    Column("complaint", Text),  # what its calls showed; null: somebody sent it
    Column("hits", Id),
    Column("calls", Id),
    Column("usual", Double),  # the share of its pool's other numbers
    sqlite_with_rowid=False,
)


# Lines outwards beside a call: by which a person was handed on, or a third party was called.
lines_out = Table(
    "lines_out",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("call", Id, nullable=False, index=True),
    Column("campaign", Id, nullable=False),
    Column("client", Id, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("number", Text, nullable=False, index=True),
    Column("placed_at", Double, nullable=False),
    Column("person", Id, index=True),  # whose number it is, where a list told
    Column("answered_at", Double),
    Column("ended_at", Double),
    Column("cost", Double),
    Column("currency", Text, nullable=False, server_default=text("''")),
)


def columns_of_calls() -> tuple[Column[Any], ...]:
    """What a call keeps of detection, direction and cost."""
    return (
        Column("verdict", Text),  # of the detector: person, machine, unsure, nobody; null where it was not asked
        Column("verdict_reason", Text, nullable=False, server_default=text("''")),
        Column("detection_s", Double),
        Column("message_at", Double),  # our message began to be left on a machine
        Column("after_beep", Boolean, nullable=False, server_default=text("false")),  # which was heard to end
        Column("audit", Text, nullable=False, server_default=text("''")),  # recorded for an audit; empty: not
        Column("inbound", Boolean, nullable=False, server_default=text("false")),
        Column("cost", Double),
        Column("currency", Text, nullable=False, server_default=text("''")),
    )
