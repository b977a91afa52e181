"""How other dialers name their recordings, and what the names tell. Pure: a name in, facts out; never a guess.

The patterns are those of each system's own defaults; a house that changed them gives its own as a regular expression
with the same groups. What a name does not tell stays empty.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import PurePath
from types import MappingProxyType

from recordings.errors import FormError

SUFFIX = r"\.(?P<suffix>wav|WAV|gsm|mp3|flac|ogg|opus|ulaw|alaw)"
# VICIdial: FULLDATE_CUSTPHONE, CAMPAIGN_AGENT_FULLDATE_CUSTPHONE and the like, with -all after its mixing (the default
# filename is FULLDATE_CUSTPHONE; FULLDATE is YYYYMMDD-HHMMSS, CUSTPHONE the number, AGENT the user).
# Issabel and FreePBX: DIRECTION-DST-SRC-YYYYMMDD-HHMMSS-UNIQUEID (as MixMonitor is called by FreePBX's dialplan).
# OMniLeads: CALLTYPE-CAMPAIGNID-... -YYYYMMDD-AGENT-NUMBER-UNIQUEID in the order of its oml-dial contexts.
PATTERNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "vicidial": (
            rf"(?P<time>\d{{8}}-\d{{6}})_(?P<number>\d{{5,15}})(?:_(?P<agent>[A-Za-z0-9]+))?(?:-all|-in|-out)?{SUFFIX}",
            rf"(?P<campaign>[A-Za-z0-9]+)_(?P<agent>[A-Za-z0-9]+)_(?P<time>\d{{8}}-\d{{6}})_(?P<number>\d{{5,15}})"
            rf"(?:-all|-in|-out)?{SUFFIX}",
            rf"(?P<campaign>[A-Za-z0-9]+)_(?P<time>\d{{8}}-\d{{6}})_(?P<number>\d{{5,15}})_(?P<agent>[A-Za-z0-9]+)"
            rf"(?:-all|-in|-out)?{SUFFIX}",
        ),
        "freepbx": (
            rf"(?P<direction>out|exten|external|internal|q|rg)-(?P<number>\+?\d+)-(?P<agent>[^-]+)-(?P<time>\d{{8}}-\d{{6}})"
            rf"-(?P<uniqueid>\d+\.\d+){SUFFIX}",
        ),
        "issabel": (
            rf"(?P<direction>out|exten|external|internal|q|OUT|IN)-?(?P<number>\+?\d+)-(?P<agent>[^-]+)"
            rf"-(?P<time>\d{{8}}-\d{{6}})-(?P<uniqueid>\d+\.\d+){SUFFIX}",
            rf"(?P<time>\d{{8}}-\d{{6}})-(?P<agent>\d+)-(?P<number>\+?\d+)-(?P<uniqueid>\d+\.\d+){SUFFIX}",
        ),
        "omnileads": (
            rf"(?P<direction>manual|preview|predictive|dialer|click2call|in|transfer)-?(?P<calltype>\d*)"
            rf"-(?P<campaign>\d+)-(?P<time>\d{{8}}(?:-\d{{6}})?)-(?P<agent>\d+)-(?P<number>\+?\d+)"
            rf"-(?P<uniqueid>\d+[.-]\d+){SUFFIX}",
            rf"(?P<campaign>\d+)-(?P<agent>\d+)-(?P<number>\+?\d+)-(?P<uniqueid>\d+\.\d+){SUFFIX}",
        ),
    }
)
GROUPS = frozenset({"time", "number", "agent", "campaign", "uniqueid", "direction", "calltype", "suffix"})
_SPLIT_SIDE = re.compile(r"-(in|out)\.[A-Za-z0-9]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignName:
    """What a name tells. `at` is None where it tells no time to the second: then the file's own time is taken."""

    at: float | None
    number: str
    agent: str
    campaign: str
    uniqueid: str
    suffix: str
    lead: str = ""  # the other dialer's own number of it, where its log tells


def compiled(kind: str, own: str = "") -> tuple[re.Pattern[str], ...]:
    """The patterns of a system, or a house's own. Raises FormError."""
    if not own:
        if kind not in PATTERNS:
            raise FormError(f"{kind!r}: no such archive is known; there are {', '.join(PATTERNS)}, or give --pattern")
        return tuple(re.compile(one) for one in PATTERNS[kind])
    try:
        pattern = re.compile(own)
    except re.error as error:
        raise FormError(f"--pattern: {error}") from error
    strange = pattern.groupindex.keys() - GROUPS
    if strange or not pattern.groupindex.keys() & {"time", "uniqueid"} or "suffix" not in pattern.groupindex:
        raise FormError(
            f"--pattern: name its groups {', '.join(sorted(GROUPS))}; it needs suffix, and time or uniqueid"
        )
    return (pattern,)


def is_side(name: str) -> bool:
    """Whether it is one side of a call that VICIdial keeps beside the mixed file."""
    return _SPLIT_SIDE.search(name) is not None


def read_name(name: str, patterns: tuple[re.Pattern[str], ...], zone: tzinfo | None) -> ForeignName | None:
    """What the name tells, its times read in that zone (None: the machine's). None where it is no such name."""
    for pattern in patterns:
        found = pattern.fullmatch(name)
        if found is not None:
            told = {group: text or "" for group, text in found.groupdict().items()}
            at = _time(told.get("time", ""), told.get("uniqueid", ""), zone)
            return ForeignName(
                at=at, number=told.get("number", ""), agent=told.get("agent", ""), campaign=told.get("campaign", ""),
                uniqueid=told.get("uniqueid", ""), suffix=f".{told['suffix'].lower()}",
            )  # fmt: skip
    return None


_LOG = ("filename", "start_epoch", "user", "lead_id", "vicidial_id")
_MIXED = re.compile(r"-all$")


def stem_of(name: str) -> str:
    """A file's name as VICIdial's log has it: without folder, ending and the sign of the mixed file."""
    return _MIXED.sub("", PurePath(name).stem)


def read_log(rows: Iterable[Mapping[str, str]]) -> dict[str, ForeignName]:
    """VICIdial's index of recordings (a dump of recording_log), by `stem_of` the file. Raises FormError."""
    found: dict[str, ForeignName] = {}
    for line, row in enumerate(rows, 2):
        missing = [name for name in _LOG if name not in row]
        if missing:
            raise FormError(f"line {line}: no column {', '.join(missing)}; export recording_log with its column names")
        start = row["start_epoch"]
        if not row["filename"] or not start.isdigit() or not 1e9 <= int(start) < 4e9:
            continue  # begun and never written
        found[_MIXED.sub("", PurePath(row["filename"]).name)] = ForeignName(
            at=float(start), number="", agent=row["user"], campaign="", uniqueid=row["vicidial_id"], suffix="",
            lead=row["lead_id"],
        )  # fmt: skip
    return found


def with_log(name: str, by_name: ForeignName | None, log: Mapping[str, ForeignName]) -> ForeignName | None:
    """What name and log tell together: the log knows time, agent and lead, the name the number."""
    logged = log.get(stem_of(name))
    if logged is None:
        return by_name
    if by_name is None:
        suffix = PurePath(name).suffix.lower()
        return replace(logged, suffix=suffix) if re.fullmatch(SUFFIX, suffix) else None
    kept = {"at": logged.at, "agent": logged.agent or by_name.agent, "uniqueid": logged.uniqueid or by_name.uniqueid}
    return replace(by_name, lead=logged.lead, **kept)  # type: ignore[arg-type]  # each of its own field's type


def _time(time: str, uniqueid: str, zone: tzinfo | None) -> float | None:
    """Seconds since 1970: Asterisk's unique id begins with them, a written time is the archive's local one."""
    seconds = re.split(r"[.-]", uniqueid)[0]
    if seconds.isdigit() and 1e9 <= int(seconds) < 4e9:
        return float(seconds)
    try:
        when = datetime.strptime(time, "%Y%m%d-%H%M%S")  # noqa: DTZ007 - the zone is the archive's, put in below
    except ValueError:
        return None
    return when.replace(tzinfo=zone).timestamp() if zone is not None else when.astimezone().timestamp()
