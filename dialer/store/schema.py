"""The tables, as SQLAlchemy Core sees them. Migrations make them; a test holds the two together.

Names are those of `dialer.core`; times are seconds since 1970 (UTC). History (calls, decisions, spells, journal) has no
foreign keys: it outlives the people and leads that it speaks of. Nothing here runs a query.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dialer.store import admin_tables
from dialer.store.desk_tables import drafts, promises
from dialer.store.floor_tables import alarms, forecasts, message_reads, messages, minutes, plans, trunk_minutes
from dialer.store.law_tables import (
    account_events,
    compliance,
    compliance_heads,
    compliance_subjects,
    do_not_call,
    do_not_call_lists,
    do_not_call_prefixes,
    feed_marks,
    feed_runs,
    people_joins,
    restrictions,
)
from dialer.store.line_tables import caller_id_rests, columns_of_calls, lines_out
from dialer.store.metadata import Id, metadata
from dialer.store.quality_tables import (
    qa_evaluations,
    qa_forms,
    qa_plans,
    qa_tasks,
    recording_access,
    recording_comments,
    recording_measures,
    recording_texts,
    recordings,
    said_rules,
    saved_searches,
    transcripts,
)

__all__ = [
    "account_events", "accounts", "admin_tables", "agent_campaigns", "agents", "alarms", "audit", "caller_id_rests",
    "calls", "campaigns", "clients", "compliance", "compliance_heads", "compliance_subjects", "decisions",
    "dispositions", "do_not_call", "do_not_call_lists", "do_not_call_prefixes", "drafts", "feed_marks", "feed_runs",
    "forecasts", "import_changes", "imports", "journal", "leads", "lines_out", "message_reads", "messages", "metadata",
    "minutes", "people", "people_joins", "phones", "plans", "promises", "qa_evaluations", "qa_forms", "qa_plans",
    "qa_tasks", "recording_access", "recording_comments", "recording_measures", "recording_texts", "recordings",
    "reservations", "restrictions", "runs", "said_rules", "saved_searches", "scores", "spells", "tokens", "transcripts",
    "trunk_minutes", "users",
]  # fmt: skip

PRIORITIES = range(10)  # 0 is dialled first; the claim looks at one band after the other
PRIORITY_DEFAULT = 5

clients = Table(
    "clients",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column(
        "screen_pop", Text, nullable=False, server_default=text("''")
    ),  # the lead's page in another system, a template
    Column("screen_pop_opens", Text, nullable=False, server_default=text("'link'")),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client", Id, ForeignKey("clients.id"), nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("settings", Text, nullable=False),  # the whole Campaign as JSON; the columns above win
    Column("version", Integer, nullable=False, server_default=text("0")),  # counted with each change of the settings
    Column("arranged", Text, nullable=False, server_default=text("''")),  # digest of the selection its leads stand by
)

agents = Table(
    "agents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False, unique=True),
    Column("code", Text, unique=True),  # what is dialled to sign in from a phone; null where there is none
    Column("endpoint", Text, nullable=False),
    Column("pin_hash", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("elsewhere", Boolean, nullable=False, server_default=text("false")),  # comes in through a provider too
    Column("subject", Text, nullable=False, server_default=text("''")),  # there, `issuer subject`; empty: not come yet
)

agent_campaigns = Table(
    "agent_campaigns",
    metadata,
    Column("agent", Id, ForeignKey("agents.id"), primary_key=True),
    Column("campaign", Id, ForeignKey("campaigns.id"), primary_key=True),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("client", Id, ForeignKey("clients.id")),  # sees this client's data alone; null = everything
    Column("active", Boolean, nullable=False),
    Column("campaigns", Text, nullable=False, server_default=text("''")),  # ids: sees these alone; empty = all
    Column("grants", Text, nullable=False, server_default=text("''")),  # permissions beside the role's
    Column("totp_secret", Text, nullable=False, server_default=text("''")),  # empty: no second factor
    Column("totp_step", Integer, nullable=False, server_default=text("0")),  # the last one used; never again
    Column("subject", Text, nullable=False, server_default=text("''")),  # at a provider, `issuer subject`; empty: local
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", Text, primary_key=True),  # the token itself is never kept
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_id", Id, ForeignKey("users.id")),
    Column("agent", Id, ForeignKey("agents.id")),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("scopes", Text, nullable=False, server_default=text("''")),  # of an API token, divided by spaces
    Column("seen_at", Double),  # roughly: when it was last used
    Column("address", Text, nullable=False, server_default=text("''")),  # whence it was opened
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("who", Text, nullable=False, server_default=text("''")),  # user 5, agent 3: two may have one name
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
    Column("lead", Id),  # whose data the detail tells of; it is erased with the person's
    Index("ix_audit_lead", "lead", sqlite_where=text("lead IS NOT NULL"), postgresql_where=text("lead IS NOT NULL")),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("lead_count", Integer, nullable=False),
    Column("undone_at", Double),
    Column("digest", Text, nullable=False, server_default=text("''")),  # of the file and how it is read
    Column("finished_at", Double),  # null while it runs, or was cut off: the same file goes on from there
    Column("progress", Text, nullable=False, server_default=text("'{}'")),  # JSON object: rows done, counts so far
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("country", Text, nullable=False),
    Column("national_id", Text),
    Column(
        "id_kind", Text, nullable=False, server_default=text("''")
    ),  # RUT, CURP, RFC, CPF, DNI, ...; empty: not told
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False, server_default=text("''")),  # IANA name by the address; empty: by the numbers
    Column("region", Text, nullable=False, server_default=text("''")),  # state or province as the list writes it
    UniqueConstraint("national_id", "country"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client", Id, ForeignKey("clients.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("person", Id, ForeignKey("people.id"), nullable=False),
    Column("balance", Text),  # a decimal number, exact
    Column("currency", Text, nullable=False),
    Column("days_past_due", Integer),
    Column("fields", Text, nullable=False),  # JSON object: the list's own columns
    Column("updated_at", Double),  # when its figures were last told
    UniqueConstraint("client", "external_id"),
    Index(None, "person"),
)

# What an import overwrote, so that undoing it puts it back: an account's figures, and how its lead stood.
import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("account", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("balance", Text),
    Column("currency", Text, nullable=False),
    Column("days_past_due", Integer),
    Column("fields", Text, nullable=False),
    Column("updated_at", Double),
    Column("priority", SmallInteger),  # null: there was no lead in the campaign
    Column("segment", Text),
    Column("rank", Integer),
    Column("expires_at", Double),
    sqlite_with_rowid=False,
)

phones = Table(
    "phones",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Id, ForeignKey("people.id"), nullable=False),
    Column("number", Text, nullable=False),  # E.164 with +; as written where it is invalid
    Column("rank", SmallInteger, nullable=False),
    Column("country", Text, nullable=False),
    Column("zones", Text, nullable=False),  # JSON list of IANA names
    Column("state", Text, nullable=False),
    Column("type", Text, nullable=False, server_default=text("''")),  # mobile, fixed, ...; empty: unknown
    Column("consent", Text, nullable=False, server_default=text("''")),  # given, refused; empty: never told
    Column("consent_at", Double),
    Column("quality", Text, nullable=False, server_default=text("''")),  # what its calls taught of it; empty: nothing
    Column("quality_at", Double),
    Column("machines", SmallInteger, nullable=False, server_default=text("0")),  # that answered there in a row
    Column("calls", Integer, nullable=False, server_default=text("0")),  # that told something of it
    Column("answers", Integer, nullable=False, server_default=text("0")),  # by a person
    Column("tried_at", Double),
    Column("due_at", Double),  # not to be dialled before
    Column("import_id", Id, ForeignKey("imports.id")),  # the one that brought it; null once another told it too
    Column("extension", Text, nullable=False, server_default=text("''")),  # behind the switchboard whose number it is
    UniqueConstraint("person", "number"),
    Index(None, "number"),
)

leads = Table(
    "leads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("person", Id, ForeignKey("people.id"), nullable=False),
    Column("account", Id, ForeignKey("accounts.id")),  # null for a number that an agent typed
    Column("state", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("due_at", Double),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("claimed_by", Integer),  # the cell
    Column("listed", Boolean, nullable=False, server_default=text("true")),  # of a claimed one: it was open before
    Column("result", Text, nullable=False, server_default=text("''")),
    Column("segment", Text, nullable=False, server_default=text("''")),
    Column("p_answer", Double),
    Column("import_id", Id, ForeignKey("imports.id")),
    Column("rank", Integer),  # the list's own order
    Column("part", SmallInteger, nullable=False, server_default=text("0")),  # of the campaign's mix; -1: filtered out
    Column("sort_key", Double),  # its place among the due ones; null: by its time, or its turn is not come yet
    Column("expires_at", Double),
    Column("agent", Id),  # a callback that this agent promised; 0: that anybody makes
    Column("phone", Id),  # the number to try next; null: whose turn it is
    Column("streak", Integer, nullable=False, server_default=text("0")),  # times in a row that it ended as `result`
    UniqueConstraint("campaign", "account"),
    Index(None, "person"),
    Index(None, "import_id"),
    Index(
        "ix_leads_due",
        "campaign",
        "part",
        "priority",
        "due_at",
        "id",
        sqlite_where=text("state = 'open' AND agent IS NULL AND sort_key IS NULL"),
        postgresql_where=text("state = 'open' AND agent IS NULL AND sort_key IS NULL"),
    ),
    Index(
        "ix_leads_sorted",
        "campaign",
        "part",
        "priority",
        "sort_key",
        "id",
        sqlite_where=text("state = 'open' AND agent IS NULL AND sort_key IS NOT NULL"),
        postgresql_where=text("state = 'open' AND agent IS NULL AND sort_key IS NOT NULL"),
    ),
    Index(
        "ix_leads_promised",
        "campaign",
        "agent",
        "due_at",
        sqlite_where=text("state = 'open' AND agent IS NOT NULL"),
        postgresql_where=text("state = 'open' AND agent IS NOT NULL"),
    ),
    Index(
        "ix_leads_claimed",
        "claimed_by",
        sqlite_where=text("state = 'claimed'"),
        postgresql_where=text("state = 'claimed'"),
    ),
)

reservations = Table(
    "reservations",
    metadata,
    Column("call", Id, primary_key=True, autoincrement=False),
    Column("cell", Integer, nullable=False),
    Column("campaign", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("lead", Id, ForeignKey("leads.id"), nullable=False),
    Column("person", Id, ForeignKey("people.id"), nullable=False, unique=True),  # these two are the locks
    Column("phone", Id, ForeignKey("phones.id"), nullable=False),
    Column("number", Text, nullable=False, unique=True),
    Column("agent", Id),
    Column("by_wish", Boolean, nullable=False),  # picked or typed by an agent: unplaced, the lead goes back as it was
    Column("reserved_at", Double, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("campaign", Id, nullable=False),
    Column("client", Id, nullable=False),
    Column("mode", Text, nullable=False),
    Column("lead", Id, nullable=False),
    Column("person", Id, nullable=False),
    Column("phone", Id, nullable=False),
    Column("number", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("reserved_at", Double, nullable=False),
    Column("agent", Id),
    Column("decision", Id),
    Column("rule", Text, nullable=False),
    Column("placed_at", Double),
    Column("progress_at", Double),
    Column("ringing_at", Double),
    Column("answered_at", Double),
    Column("agent_ready_at", Double),
    Column("bridged_at", Double),
    Column("ended_at", Double),
    Column("wrapped_at", Double),
    Column("outcome", Text),
    Column("disposition", Text, nullable=False),
    Column("cause", Integer),
    Column("tech_cause", Integer),
    Column("ended_by", Text),
    Column("recording", Text, nullable=False),
    *columns_of_calls(),
    Index(None, "number", "placed_at"),
    Index(None, "person", "placed_at"),
    Index(None, "lead"),
    Index(None, "reserved_at", "id"),
    Index("ix_calls_sampled", "id", sqlite_where=text("audit <> ''"), postgresql_where=text("audit <> ''")),
    Index(
        "ix_calls_open",
        "id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call", Id, nullable=False, index=True),
    Column("agent", Id, nullable=False),
    Column("at", Double, nullable=False),
    Column("code", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("unconfirmed", Boolean, nullable=False),  # taken when the wrap-up ran out: the agent did not save it
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("campaign", Id, nullable=False),
    Column("at", Double, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("inputs", Text, nullable=False),  # JSON list of name and value
    Index(None, "campaign", "at"),
)

spells = Table(
    "spells",
    metadata,
    Column("agent", Id, primary_key=True, autoincrement=False),
    Column("since", Double, primary_key=True),
    Column("cell", Integer, nullable=False),
    Column("until", Double, nullable=False, index=True),
    Column("ended", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("campaign", Id),
    Column("call", Id),
)

# What this centre's own calls taught about who answers when: one model at a time for each campaign.
scores = Table(
    "scores",
    metadata,
    Column("campaign", Id, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("model", Text, nullable=False),  # JSON by `dialer.core.score`
)

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cell", Integer, nullable=False),
    Column("begun_at", Double, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("run", Id, primary_key=True, autoincrement=False),
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)
