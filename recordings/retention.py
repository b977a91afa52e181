"""How long recordings are kept: a plan that is shown before it acts. What is deleted leaves a tombstone.

A recording's days are those of the first rule that fits, never fewer than a calling rule of the person's country asks
for; a recording without a rule, or under a legal hold, is kept.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialer.core.ids import CallId
from dialer.store import Access, CallFacts, Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings, RetentionRule
from recordings.making import remove_raw
from recordings.states import Step, after
from recordings.target import Target
from recordings.tree import inside, remove

CHUNK = 500
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose time is over, and the rule that says so."""

    call: CallId
    at: float
    rule: str
    days: float


@dataclass(slots=True)
class RetentionPlan:
    """What would be deleted now, and what is kept and why."""

    due: list[Due] = field(default_factory=list)
    held: list[int] = field(default_factory=list)  # due, and under a legal hold
    kept: Counter[str] = field(default_factory=Counter)  # by rule; empty: no rule fits
    next_at: float | None = None  # when the next one is due

    @property
    def by_rule(self) -> dict[str, int]:
        return dict(Counter(one.rule for one in self.due))


def days_for(
    recording: Recording, facts: CallFacts | None, rules: tuple[RetentionRule, ...], law_days: Mapping[str, int]
) -> tuple[float, str] | None:
    """How many days it is kept, and by which rule; None: for ever."""
    country = facts.country if facts is not None else ""
    campaign = facts.campaign_name if facts is not None else recording.origin
    for rule in rules:
        asked = (
            (rule.campaign, campaign), (rule.country, country), (rule.outcome, recording.outcome),
            (rule.disposition, recording.disposition),
        )  # fmt: skip
        if all(not wanted or wanted == told for wanted, told in asked):
            least = law_days.get(country, 0)
            return (rule.days, rule.name) if rule.days >= least else (float(least), f"{rule.name} (law of {country})")
    return None


async def plan(
    store: Store,
    settings: ArchiveSettings,
    now: float,
    law_days: Mapping[str, int],
    *,
    progress: Callable[[int], None] | None = None,
) -> RetentionPlan:
    """Look at every recording; nothing is changed. `law_days`: the least days by country."""
    made = RetentionPlan()
    laws = law_days if settings.retention_by_law else {}
    last = 0
    while chunk := await store.recordings.after(last, limit=CHUNK):
        facts = await store.call_facts.of([one.call for one in chunk])
        for one in chunk:
            if after(one.state, Step.EXPIRED) is not None:
                _judge(one, days_for(one, facts.get(one.call), settings.retention, laws), now, made)
        last = chunk[-1].call
        if progress is not None:
            progress(len(chunk))
    return made


def _judge(one: Recording, kept: tuple[float, str] | None, now: float, made: RetentionPlan) -> None:
    if kept is None:
        made.kept[""] += 1
        return
    days, rule = kept
    until = one.at + days * DAY_S
    if until > now:
        made.kept[rule] += 1
        made.next_at = until if made.next_at is None else min(made.next_at, until)
    elif one.hold:
        made.held.append(one.call)
    else:
        made.due.append(Due(one.call, one.at, rule, days))


@dataclass(slots=True)
class Deleted:
    """How many tombstones were set, and the calls of which files are still there, each with the reason."""

    count: int = 0
    left: dict[int, str] = field(default_factory=dict)


async def act(
    store: Store, spool: Path, settings: ArchiveSettings, made: RetentionPlan, *, by_whom: str, now: float
) -> Deleted:
    """Delete what the plan names. One that was held meanwhile is left.

    The tombstone comes first, then the files: what a kill or a target that is down leaves behind is removed by the next
    run. Raises RecordingError for a target's address that cannot be used.
    """
    target = Target(settings.target) if settings.target else None
    deleted = Deleted()
    for due in made.due:
        one = await store.recordings.by_call(due.call)
        if one is None or one.hold or after(one.state, Step.EXPIRED) is None:
            continue
        entry = Access(at=now, call=one.call, by_whom=by_whom, role="retention", what="delete", detail=due.rule)
        await store.recording_notes.accessed([entry])
        deleted.count += await store.recordings.bury(one.call, one.state, now, f"{due.rule}; {by_whom}")
    for left in await store.recordings.unburied():
        try:
            await _remove_files(spool, settings, target, left)
        except Exception as error:  # noqa: BLE001 - whatever a target's own library raises: the others go on
            deleted.left[left.call] = str(error)
        else:
            await store.recordings.change(left.call, State.DELETED, file="", legs=False, local=False)
    return deleted


async def _remove_files(spool: Path, settings: ArchiveSettings, target: Target | None, one: Recording) -> None:
    """What is at hand first: a target that is down keeps nothing else. Raises OSError, and what the target raises."""
    if one.file:
        await asyncio.to_thread(remove, inside(settings.folder, one.file))
    if one.base:
        await asyncio.to_thread(remove_raw, spool, one.base)
    if one.file and target is not None:
        await asyncio.to_thread(target.remove, one.file)
