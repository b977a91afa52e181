"""What VICIdial's two APIs are given and answer, as words: its columns, its tables, its signs. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from dialer.core.model import Mode

Given = Mapping[str, str]

LEAD_FIELDS = (  # of a lead, beside its numbers and what it is known by; kept as the list's own columns
    "source_id", "title", "first_name", "middle_initial", "last_name", "address1", "address2", "address3", "city",
    "state", "province", "postal_code", "country_code", "gender", "date_of_birth", "alt_phone", "email",
    "security_phrase", "comments", "owner",
)  # fmt: skip
LEAD = (
    "status", "user", "vendor_lead_code", "source_id", "list_id", "gmt_offset_now", "phone_code", "phone_number",
    "title", "first_name", "middle_initial", "last_name", "address1", "address2", "address3", "city", "state",
    "province", "postal_code", "country_code", "gender", "date_of_birth", "alt_phone", "email", "security_phrase",
    "comments", "called_count", "last_local_call_time", "rank", "owner", "entry_list_id", "lead_id",
)  # fmt: skip
AGENT = (
    "status", "call_id", "lead_id", "campaign_id", "calls_today", "full_name", "user_group", "user_level",
    "pause_code", "real_time_sub_status", "phone_number", "vendor_lead_code", "session_id",
)  # fmt: skip
LOGGED_IN = (
    "user", "campaign_id", "session_id", "status", "lead_id", "callerid", "calls_today", "full_name", "user_group",
    "user_level", "pause_code", "sub_status",
)  # fmt: skip
CAMPAIGN = (
    "campaign_id", "campaign_name", "active", "user_group", "dial_method", "dial_level", "lead_order", "dial_statuses",
)  # fmt: skip
RECORDING = ("start_time", "user", "recording_id", "lead_id", "location")
RECORDING_LASTING = ("start_time", "user", "recording_id", "lead_id", "duration", "location")
FOUND = ("search_key", "records_found", "lead_ids")

STATES = {"ready": "READY", "talking": "INCALL", "holding": "INCALL", "wrapping": "INCALL", "break": "PAUSED"}
SUB_STATES = {"wrapping": "DISPO", "holding": "PARK", "previewing": "PREVIEW"}
DIAL_METHODS = {
    Mode.MANUAL: "MANUAL",
    Mode.PREVIEW: "MANUAL",
    Mode.PROGRESSIVE: "RATIO",
    Mode.PREDICTIVE: "ADAPT_AVERAGE",
}

STATUS = "vicidial_status"  # the column in which a status lies that means nothing here
_BLANK = "--BLANK--"  # what empties a field there
_BETWEEN = {"csv": ",", "tab": "\t"}
_TEXT_MAX = 1_000


def text_of(given: Given, name: str) -> str:
    """What was given under that name, on one line and not endless."""
    text = "".join(sign if sign.isprintable() else " " for sign in given.get(name, "")).strip()[:_TEXT_MAX]
    return "" if text == _BLANK else text


def said(given: Given, name: str) -> bool:
    """Whether a switch is on."""
    return text_of(given, name).upper() in {"Y", "YES"}


def cell(value: object, between: str = "|") -> str:
    """A value that ends no cell and no line of an answer: whoever reads it counts the signs between."""
    text = "" if value is None else str(value)
    return "".join(" " if sign == between or not sign.isprintable() else sign for sign in text)


def table(given: Given, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as `stage` asks for them (pipe, csv, tab), below their names where `header` does."""
    between = _BETWEEN.get(text_of(given, "stage").lower(), "|")
    head = [names] if said(given, "header") else []
    return "\n".join(between.join(cell(one, between) for one in row) for row in [*head, *rows])
