"""How long recordings are kept: a plan that is shown before it acts. What is deleted leaves a tombstone.

A recording's days are those of the first rule that fits, never fewer than a calling rule of the person's country asks
for; a recording without a rule, or under a legal hold, is kept. That holds for conversations, and for the answers that
are recorded for audits of detection; an answer that turned out to be no machine's has no business being there at all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dialer.core.ids import CallId
from dialer.core.outcomes import Outcome
from dialer.store import Access, CallFacts, Recording, Store
from dialer.store import RecordingState as State
from dialer.store.audit_recordings import AuditRecording
from recordings.archive import AUDITS, CONVERSATIONS, ArchiveSettings, RetentionRule
from recordings.errors import RecordingError
from recordings.making import remove_raw
from recordings.states import Step, after
from recordings.target import Target
from recordings.tree import inside, remove

CHUNK = 500
DAY_S = 86_400.0
NO_MACHINE = "no machine answered"  # the rule of an audited answer that was a person's after all


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose time is over, and the rule that says so."""

    call: CallId
    at: float
    rule: str
    days: float


@dataclass(slots=True)
class Shelf:
    """What of one kind would be deleted now, and what is kept and why."""

    due: list[Due] = field(default_factory=list)
    held: list[int] = field(default_factory=list)  # due, and under a legal hold
    kept: Counter[str] = field(default_factory=Counter)  # by rule; empty: no rule fits
    next_at: float | None = None  # when the next one is due

    @property
    def by_rule(self) -> dict[str, int]:
        return dict(Counter(one.rule for one in self.due))


@dataclass(slots=True)
class RetentionPlan(Shelf):
    """That of conversations, and beside it that of the answers recorded for audits of detection."""

    audits: Shelf = field(default_factory=Shelf)
    unjudged: int = 0  # audits that are due, and that nobody has judged: their sample would be smaller


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What rules look at of a recording."""

    of: str
    campaign: str
    country: str
    outcome: str
    disposition: str


def days_for(one: Kept, rules: tuple[RetentionRule, ...], law_days: Mapping[str, int]) -> tuple[float, str] | None:
    """How many days it is kept, and by which rule; None: for ever."""
    for rule in rules:
        asked = (
            (rule.of, one.of), (rule.campaign, one.campaign), (rule.country, one.country), (rule.outcome, one.outcome),
            (rule.disposition, one.disposition),
        )  # fmt: skip
        if all(not wanted or wanted == told for wanted, told in asked):
            least = law_days.get(one.country, 0)
            lawful = rule.days >= least
            return (rule.days, rule.name) if lawful else (float(least), f"{rule.name} (law of {one.country})")
    return None


async def plan(
    store: Store,
    settings: ArchiveSettings,
    now: float,
    law_days: Mapping[str, int],
    *,
    spool: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RetentionPlan:
    """Look at every recording; nothing is changed. `law_days`: the least days by country. `spool`: the switch's folder,
    where the answers for audits lie; without it they are left out."""
    made = RetentionPlan()
    laws = law_days if settings.retention_by_law else {}
    days = partial(days_for, rules=settings.retention, law_days=laws)
    campaigns = await store.recording_search.names("campaigns")
    whole = sum((await store.recordings.counts()).values())
    last = seen = 0
    while chunk := await store.recordings.after(last, limit=CHUNK):
        facts = await store.call_facts.of([one.call for one in chunk])
        for one in chunk:
            if after(one.state, Step.EXPIRED) is not None:
                _judge(one, days(_of_talk(one, facts.get(one.call), campaigns)), now, made)
        last = chunk[-1].call
        seen += len(chunk)
        if progress is not None:
            progress(seen, whole)
    if spool is not None:
        await _plan_audits(store, spool, days, now, made)
    return made


def _of_talk(one: Recording, facts: CallFacts | None, campaigns: Mapping[int, str]) -> Kept:
    """An adopted one has no call of ours: its campaign is the one that it became part of, else its archive's name."""
    return Kept(
        of=CONVERSATIONS,
        campaign=facts.campaign_name if facts is not None else campaigns.get(one.campaign, one.origin),
        country=facts.country if facts is not None else "",
        outcome=one.outcome,
        disposition=one.disposition,
    )


def _judge(one: Recording | AuditRecording, kept: tuple[float, str] | None, now: float, shelf: Shelf) -> None:
    if kept is None:
        shelf.kept[""] += 1
        return
    days, rule = kept
    until = one.at + days * DAY_S
    if until > now:
        shelf.kept[rule] += 1
        shelf.next_at = until if shelf.next_at is None else min(shelf.next_at, until)
    elif one.hold:
        shelf.held.append(one.call)
    else:
        shelf.due.append(Due(one.call, one.at, rule, days))


async def _plan_audits(
    store: Store, spool: Path, days: Callable[[Kept], tuple[float, str] | None], now: float, made: RetentionPlan
) -> None:
    last, unjudged = 0, set[int]()
    while chunk := await store.audit_recordings.after(last, limit=CHUNK):
        facts = await store.call_facts.of([one.call for one in chunk])
        for one in chunk:
            if one.outcome == Outcome.MACHINE:
                _judge(one, days(_of_audit(one, facts.get(one.call))), now, made.audits)
            elif audit_file(spool, one.base).exists():  # the dialer removes it, unless it was killed before it could
                _judge(one, (0.0, NO_MACHINE), now, made.audits)
        unjudged |= {one.call for one in chunk if not one.judged and one.outcome == Outcome.MACHINE}
        last = chunk[-1].call
    made.unjudged = sum(due.call in unjudged for due in made.audits.due)


def _of_audit(one: AuditRecording, facts: CallFacts | None) -> Kept:
    return Kept(
        of=AUDITS,
        campaign=facts.campaign_name if facts is not None else "",
        country=facts.country if facts is not None else "",
        outcome=one.outcome,
        disposition=facts.disposition if facts is not None else "",
    )


def audit_file(spool: Path, base: str) -> Path:
    """Where the switch wrote an answer."""
    return spool / f"{base}.wav"


@dataclass(slots=True)
class Deleted:
    """How many tombstones were set, and the calls of which files are still there, each with the reason."""

    count: int = 0
    audits: int = 0  # of them of answers recorded for audits
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
        await _note(store, due, due.rule, by_whom, now)
        deleted.count += await store.recordings.bury(one.call, one.state, now, f"{due.rule}; {by_whom}")
    for due in made.audits.due:
        sampled = await store.audit_recordings.of(due.call)
        if sampled is None or sampled.hold:
            continue
        await _note(store, due, f"{due.rule}; audit of detection", by_whom, now)
        deleted.audits += await store.audit_recordings.bury(due.call, now, f"{due.rule}; {by_whom}")
    deleted.count += deleted.audits
    for left in await store.recordings.unburied():
        try:
            await _remove_files(spool, settings, target, left)
        except Exception as error:  # noqa: BLE001 - whatever a target's own library raises: the others go on
            deleted.left[left.call] = str(error)
        else:
            await store.recordings.change(left.call, State.DELETED, file="", legs=False, local=False)
    await _remove_audits(store, spool, deleted)
    return deleted


async def _note(store: Store, due: Due, detail: str, by_whom: str, now: float) -> None:
    entry = Access(at=now, call=due.call, by_whom=by_whom, role="retention", what="delete", detail=detail)
    await store.recording_notes.accessed([entry])


async def _remove_audits(store: Store, spool: Path, deleted: Deleted) -> None:
    for call, base in await store.audit_recordings.unburied():
        try:
            await asyncio.to_thread(remove_raw, spool, inside(spool, base).relative_to(spool).as_posix())
        except (OSError, RecordingError) as error:
            deleted.left[call] = str(error)
        else:
            await store.audit_recordings.removed(call)


async def _remove_files(spool: Path, settings: ArchiveSettings, target: Target | None, one: Recording) -> None:
    """What is at hand first: a target that is down keeps nothing else. Raises OSError, and what the target raises."""
    if one.file:
        await asyncio.to_thread(remove, inside(settings.folder, one.file))
    if one.base:
        await asyncio.to_thread(remove_raw, spool, one.base)
    if one.file and target is not None:
        await asyncio.to_thread(target.remove, one.file)
