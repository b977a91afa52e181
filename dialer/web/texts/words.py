"""Which values of the core have a word in the catalogues: the key is the group, a dot and the value."""

from collections.abc import Iterator
from enum import StrEnum

from dialer.core.agents import AgentState
from dialer.core.alarms import AlarmCode
from dialer.core.caller_ids import Complaint
from dialer.core.calls import CallState
from dialer.core.model import DISPOSITIONS, CampaignStatus, Category, Mode
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Confidence, Kept, Kind, Purpose, Status
from dialer.core.promises import PromiseState
from dialer.core.routing import NumberFormat
from dialer.core.screen_pop import Opens
from dialer.core.standstill import Hindrance
from dialer.core.trials import Judgement
from dialer.core.trunks import PROBE_FAILED, Fault, Health
from dialer.doctor.findings import STATES, Area, Code, State
from dialer.leads.columns import Meaning
from dialer.leads.numbers import PhoneType
from dialer.leads.reading import WRONG_ROWS
from dialer.leads.why import FREES
from dialer.store import RecordingState, Role, WrapUp
from dialer.store.loading import DUPLICATE, OTHER_PERSON
from dialer.telling.happenings import KINDS
from dialer.web.agent_sheet import Wrong
from dialer.web.audit_actions import ACTIONS
from dialer.web.permissions import GRANTABLE
from dialer.web.problems import CATALOGUE
from pacing import Policy, WindowKind
from pacing.decision import Binding
from recordings.evaluating import Standing
from recordings.facets import RANGES
from recordings.forms import Answer, Critical
from recordings.measures import Flag
from recordings.problems import Problem
from recordings.query import NAMES, Misread
from recordings.sampling import Method

GROUPS: dict[str, type[StrEnum]] = {
    "mode": Mode,
    "category": Category,
    "status": CampaignStatus,
    "state": AgentState,
    "call": CallState,
    "outcome": Outcome,
    "trunk": Health,
    "rule_status": Status,
    "confidence": Confidence,
    "span": Kind,
    "trunk_format": NumberFormat,
    "fault": Fault,
    "complaint": Complaint,
    "recording": RecordingState,
    "kept": Kept,
    "role": Role,
    "purpose": Purpose,
    "finding": State,
    "area": Area,
    "doctor": Code,
    "promise_state": PromiseState,
    "alarm": AlarmCode,
    "standstill": Hindrance,
    "policy": Policy,
    "window": WindowKind,
    "binding": Binding,
    "verdict": Judgement,
    "flag": Flag,
    "recording_problem": Problem,
    "search_wrong": Misread,
    "answer": Answer,
    "critical": Critical,
    "evaluation": Standing,
    "method": Method,
    "screen_pop": Opens,
    "phone_type": PhoneType,
    "row": Wrong,
    "wrap_up": WrapUp,
}
ACCESSES = (
    *("listen", "read", "link", "clip", "export", "mute", "hold", "hold_lifted", "delete"),
)  # what is done with a recording, as its log has it
STANDARD = "said"  # the usual dispositions, by code
REASONS = (
    *("signed_in", "previews_skipped", "lead_closed", "no_number", "hours", "inconvenient_time", "do_not_call"),
    *("channel", "no_consent", "never_connects", "scrub", "no_number_shown", "number_gap", "contact_gap"),
    *("no_inside", "no_way", "number_24h", "person_24h", "person_7d", "number_cap", "account_cap", "lead_cap"),
    *(
        "person_cap",
        "consent",
        "third_party",
        "lists",
        "caller_id",
        "after_conversation",
        "after_refusal",
        "after_abandoned",
    ),
    *("contact_day", "contact_week", "day", "week", "month", "number_day", "debt_7d", "client_30d"),
)  # why nobody is called, and why an agent is where he is; a rule's own by the last part of its name (house.hours)
REFUSALS = (
    *("callback_in_the_past", "consulting", "dials_in", "extended_enough", "no_call", "no_endpoint", "no_line"),
    *("no_phone", "no_switch", "no_talk", "no_third", "no_trunk", "not_in_state", "not_monitoring", "not_now"),
    *("not_recorded", "not_yet", "not_your_call", "not_your_campaign", "number_or_lead", "unknown_agent"),
    *(
        "another_call",
        "another_lead",
        "called_since",
        "not_checked",
        "number_forbidden",
        "number_on_call",
        "stopped",
        "unknown_campaign",
        "unknown_disposition",
        "unknown_number",
        "unknown_trunk",
    ),
    *("beyond_cap", "change_over", "hours_too_late", "on_trial", "trial_goes_on", "trial_too_short"),
)  # of the engine and of changes, by code
TOLD = (
    *("bridging_refused", "call_out_of_sight", "callback_due", "callback_unclear", "caller_id_rests", "campaign_gone"),
    *("clock_set_back", "command_refused", "detection_off", "phone_gone", "store_refused", "unknown_call"),
    *("recordings_full_stop", "recordings_full_unrecorded"),
)  # alarms of the engine and the store, by code


def keys() -> Iterator[str]:
    """The key of each value of each group."""
    for group, kind in GROUPS.items():
        yield from (f"{group}.{value}" for value in kind if value)
    yield from (f"problem.{code}" for code in CATALOGUE)
    yield from (f"refusal.{code}" for code in REFUSALS)
    yield from (f"told.{code}" for code in TOLD)
    yield from (f"mend.{code}" for code, state in STATES.items() if state is not State.OK)
    yield f"fault.{PROBE_FAILED}"
    yield from (f"reason.{name}" for name in REASONS)
    yield from (f"why.{name or 'dialable'}" for name in FREES if name not in REASONS)
    yield from (f"frees.{name or 'dialable'}" for name in (*FREES, "lists", "time"))
    yield from (f"meaning.{one.name.lower()}" for one in Meaning)
    yield from (f"rejected.{kind.replace(' ', '_')}" for kind in (*WRONG_ROWS, DUPLICATE, OTHER_PERSON))
    yield from (f"number_state.{state}" for state in ("free", "full", "resting"))
    yield from (f"happening.{kind}" for kind in KINDS)
    yield from (f"scope.{permission}" for permission in GRANTABLE)
    yield from (f"action.{action}" for action in ACTIONS)
    yield "alarms.over"  # of an alarm that is sent out
    yield from (f"measure.{name}" for name in RANGES)
    yield from (f"access.{what}" for what in ACCESSES)
    yield "search_wrong.at"
    yield from (f"search_field.{name}" for name in NAMES)
    yield from (f"{STANDARD}.{one.code}" for one in DISPOSITIONS)
    yield from (f"schedule.{action}" for action in ("start", "pause", "archive"))
    yield from (f"token.{kind}" for kind in ("session", "api"))
    yield from (f"day.{day}" for day in range(7))
