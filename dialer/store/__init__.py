"""What is kept: one database, SQLite or PostgreSQL, opened as a `Store`. SQL lives here and nowhere else.

The runtime uses `begin_run` and `apply`; consoles, reports and the command line the attributes by concern.
"""

from dialer.store.call_facts import CallFacts
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.quality import Candidate, Evaluation, FormRow, PlanRow, Round, Task
from dialer.store.quality_figures import QualityHour, TalkEnd
from dialer.store.recording_notes import Access, Comment, SavedSearch
from dialer.store.recording_search import Asked, Clause, Comparison, Hit, Sight, Term
from dialer.store.recordings import IndexEntry, Words
from dialer.store.rows import (
    Account,
    AgentLogin,
    AgentTime,
    AuditEntry,
    CallFilter,
    CallRow,
    Client,
    Cursor,
    DispositionRow,
    DoNotCallEntry,
    DoNotCallList,
    ImportRow,
    JournalEntry,
    JournalRow,
    LeadCounts,
    LeadLine,
    LeadState,
    LeadView,
    Page,
    Person,
    Phone,
    PhoneState,
    Recording,
    RecordingState,
    Role,
    Run,
    Token,
    User,
)
from dialer.store.store import Store
from dialer.store.transcripts import Segment, Transcript
from dialer.store.users import LOCAL_ADMINISTRATOR, LOCAL_ADMINISTRATOR_NAME

__all__ = [
    "LOCAL_ADMINISTRATOR",
    "LOCAL_ADMINISTRATOR_NAME",
    "Access",
    "Account",
    "AgentLogin",
    "AgentTime",
    "Asked",
    "AuditEntry",
    "CallFacts",
    "CallFilter",
    "CallRow",
    "Candidate",
    "Clause",
    "Client",
    "Comment",
    "Comparison",
    "ConflictError",
    "Cursor",
    "DispositionRow",
    "DoNotCallEntry",
    "DoNotCallList",
    "Evaluation",
    "FormRow",
    "Hit",
    "ImportRow",
    "IndexEntry",
    "JournalEntry",
    "JournalRow",
    "LeadCounts",
    "LeadLine",
    "LeadState",
    "LeadView",
    "NotFoundError",
    "Page",
    "Person",
    "Phone",
    "PhoneState",
    "PlanRow",
    "QualityHour",
    "Recording",
    "RecordingState",
    "Role",
    "Round",
    "Run",
    "SavedSearch",
    "Segment",
    "Sight",
    "Store",
    "TalkEnd",
    "Task",
    "Term",
    "Token",
    "Transcript",
    "User",
    "Words",
]
