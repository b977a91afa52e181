"""What is kept: one database, SQLite or PostgreSQL, opened as a `Store`. SQL lives here and nowhere else.

The runtime uses `begin_run` and `apply`; consoles, reports and the command line the attributes by concern.
"""

from dialer.store.call_facts import CallFacts
from dialer.store.detection import Heard
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.quality import Candidate, Evaluation, FormRow, PlanRow, Task
from dialer.store.recording_notes import Access, Comment, SavedSearch
from dialer.store.recording_search import Asked, Clause, Comparison, Hit, Term
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

__all__ = [
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
    "Heard",
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
    "Recording",
    "RecordingState",
    "Role",
    "Run",
    "SavedSearch",
    "Segment",
    "Store",
    "Task",
    "Term",
    "Token",
    "Transcript",
    "User",
    "Words",
]
