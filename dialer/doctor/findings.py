"""What can be found, as codes with figures. Their words, and the mend of each, stand in the catalogues by language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # can be lived with
    FAILED = "failed"  # the dialer cannot work, or not lawfully


class Area(StrEnum):
    """What is looked at."""

    VERSIONS = "versions"
    CLOCK = "clock"
    DISK = "disk"
    CONSOLE = "console"
    AGI = "agi"
    RULES = "rules"
    DATABASE = "database"
    USERS = "users"
    CAMPAIGNS = "campaigns"
    CAMPAIGN = "campaign"
    CALLER_IDS = "caller_ids"
    WEBHOOKS = "webhooks"
    ASTERISK = "asterisk"
    TRUNK = "trunk"
    DETECTION = "detection"


class Code(StrEnum):
    """What was found. Each has its words in the catalogues as `doctor.CODE`, and where it is not well `mend.CODE`."""

    PYTHON = "python"
    PYTHON_UNTRIED = "python_untried"
    CLOCK = "clock"
    ZONES_MISSING = "zones_missing"
    CLOCK_WRONG = "clock_wrong"
    CLOCK_ALONE = "clock_alone"
    ROOM = "room"
    ROOM_LOW = "room_low"
    ROOM_GONE = "room_gone"
    DATA_READ_ONLY = "data_read_only"
    RECORDINGS_NOT_YET = "recordings_not_yet"
    RECORDINGS_UNREADABLE = "recordings_unreadable"
    BARE_CONSOLE = "bare_console"
    DOOR_ANSWERS = "door_answers"
    DOOR_FREE = "door_free"
    DOOR_SILENT = "door_silent"
    DOOR_TAKEN = "door_taken"
    RULES = "rules"
    RULES_UNVERIFIED = "rules_unverified"
    RULES_NONE = "rules_none"
    RULES_WRONG = "rules_wrong"
    DATABASE = "database"
    DATABASE_SLOW = "database_slow"
    DATABASE_AWAY = "database_away"
    DATABASE_FAILS = "database_fails"
    ADMINISTRATORS = "administrators"
    ADMINISTRATORS_NONE = "administrators_none"
    ADMINISTRATORS_BARE = "administrators_bare"
    CAMPAIGNS_NONE = "campaigns_none"
    CAMPAIGN = "campaign"
    CAMPAIGN_TRUNK_UNKNOWN = "campaign_trunk_unknown"
    CAMPAIGN_TRUNKS_NONE = "campaign_trunks_none"
    CAMPAIGN_AGENTS_NONE = "campaign_agents_none"
    CAMPAIGN_LEADS_NONE = "campaign_leads_none"
    CAMPAIGN_CURRENCIES = "campaign_currencies"
    CAMPAIGN_NUMBER_INVALID = "campaign_number_invalid"
    CAMPAIGN_NUMBER_NONE = "campaign_number_none"
    CAMPAIGN_SOUND_MISSING = "campaign_sound_missing"
    CAMPAIGN_DETECTOR_UNKNOWN = "campaign_detector_unknown"
    POOL_CAMPAIGN_UNKNOWN = "pool_campaign_unknown"
    POOLS_WRONG = "pools_wrong"
    WEBHOOKS_DEAD = "webhooks_dead"
    SWITCH = "switch"
    SWITCH_UNTRIED = "switch_untried"
    SWITCH_SILENT = "switch_silent"
    SWITCH_BROKEN = "switch_broken"
    SWITCH_LOGIN = "switch_login"
    SWITCH_REFUSES = "switch_refuses"
    EDITION = "edition"
    EDITION_OTHER = "edition_other"
    ENDPOINT = "endpoint"
    ENDPOINT_UNQUALIFIED = "endpoint_unqualified"
    ENDPOINT_UNKNOWN = "endpoint_unknown"
    ENDPOINT_SILENT = "endpoint_silent"
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    TRUNK_OTHER = "trunk_other"
    LISTENER = "listener"
    LISTENER_NOT_NEEDED = "listener_not_needed"
    LISTENER_SILENT = "listener_silent"
    LISTENER_UNKNOWN = "listener_unknown"
    LISTENER_MISSING = "listener_missing"
    LISTENER_LOCKED = "listener_locked"
    LISTENER_BROKEN = "listener_broken"


_OK = (
    *(Code.PYTHON, Code.CLOCK, Code.ROOM, Code.DOOR_ANSWERS, Code.DOOR_FREE, Code.RULES, Code.DATABASE),
    *(Code.ADMINISTRATORS, Code.CAMPAIGN, Code.SWITCH, Code.ENDPOINT, Code.ENDPOINT_UNQUALIFIED, Code.TRUNK_OTHER),
    *(Code.EDITION, Code.LISTENER, Code.LISTENER_NOT_NEEDED),
)
_WARNING = (
    *(Code.CLOCK_ALONE, Code.ROOM_LOW, Code.RECORDINGS_NOT_YET, Code.BARE_CONSOLE, Code.RULES_UNVERIFIED),
    *(Code.RULES_NONE, Code.DATABASE_SLOW, Code.ADMINISTRATORS_BARE, Code.CAMPAIGNS_NONE, Code.CAMPAIGN_LEADS_NONE),
    *(Code.CAMPAIGN_CURRENCIES, Code.CAMPAIGN_NUMBER_INVALID, Code.CAMPAIGN_NUMBER_NONE, Code.POOL_CAMPAIGN_UNKNOWN),
    *(Code.WEBHOOKS_DEAD, Code.SWITCH_UNTRIED, Code.EDITION_OTHER, Code.ENDPOINT_SILENT),
    *(Code.CAMPAIGN_DETECTOR_UNKNOWN,),
    *(Code.LISTENER_SILENT, Code.LISTENER_UNKNOWN, Code.LISTENER_MISSING, Code.LISTENER_LOCKED, Code.LISTENER_BROKEN),
)
STATES: Mapping[Code, State] = MappingProxyType(
    dict.fromkeys(Code, State.FAILED) | dict.fromkeys(_WARNING, State.WARNING) | dict.fromkeys(_OK, State.OK)
)
"""How grave each is: what is named nowhere else has failed."""

Figure = float | str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `subject`: which campaign, trunk or pool; empty where there is one alone."""

    area: Area
    code: Code
    figures: Mapping[str, Figure]
    subject: str = ""

    @property
    def state(self) -> State:
        return STATES[self.code]

    @property
    def place(self) -> str:
        """The area and the subject as scripts know them: `campaign Cards`."""
        return f"{self.area} {self.subject}".rstrip()


Findings = Iterator[Finding]


def found(area: Area, code: Code, subject: str = "", **figures: Figure) -> Finding:
    """A finding. Names that come more than once in a figure are written out by the caller, divided by commas."""
    return Finding(area, code, MappingProxyType(figures), subject)
