"""Rules about what is said, over the API: kept, tried on a transcript, removed."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path

from dialer.core.ids import CallId
from dialer.store import Segment
from dialer.store.codec import from_json
from dialer.web.access import Caller, TheConsole
from dialer.web.console import Console
from dialer.web.heard import note_listening, recording_of
from dialer.web.problems import ProblemError, responses
from dialer.web.quality_bodies import RuleGiven, RuleTry, TriedShown, VerdictShown
from dialer.web.quality_scope import check_house, in_our_words, mine, plain
from dialer.web.recording_bodies import SegmentShown
from dialer.web.sessions import Session
from recordings.said import SaidRule, Verdict, judge
from recordings.silenced import readable
from recordings.transcribing import typed

router = APIRouter(prefix="/quality", tags=["quality"], responses=responses(401, 403, 404))


@router.get("/rules", operation_id="listSaidRules")
async def list_rules(session: Caller, console: TheConsole) -> list[dict[str, Any]]:
    """The rules about what must or must not be said: those for all campaigns, and for those that one may see."""
    return [plain(rule) for rule in await _seen(console, session)]


async def _seen(console: Console, session: Session) -> tuple[SaidRule, ...]:
    own = await mine(console, session)
    rules = await console.store.quality.said_rules(SaidRule)
    return tuple(rule for rule in rules if own is None or rule.campaign is None or rule.campaign in own)


@router.post("/rules", operation_id="saveSaidRule", status_code=204)
async def save_rule(given: RuleGiven, session: Caller, console: TheConsole) -> None:
    """Keep a rule, in place of one of that name. Held against transcripts from now on."""
    check_house(session)
    rule = _rule(given)
    await console.store.quality.save_said_rule(rule.name, rule, session.name, console.now())
    await console.note(session, "quality.rule", rule=rule.name)


def _rule(given: RuleGiven) -> SaidRule:
    with in_our_words():
        return from_json(SaidRule, given.model_dump_json())


@router.delete("/rules/{name}", operation_id="removeSaidRule", status_code=204)
async def remove_rule(
    name: Annotated[str, Path(min_length=1, max_length=80)], session: Caller, console: TheConsole
) -> None:
    """Hold transcripts against it no longer; flags that it raised stay until their call's words are renewed."""
    check_house(session)
    await console.store.quality.remove_said_rule(name)
    await console.note(session, "quality.rule_removed", rule=name)


@router.post("/rules/try", operation_id="trySaidRule")
async def try_rule(given: RuleTry, session: Caller, console: TheConsole) -> TriedShown:
    """Hold a rule against a transcript, to see what it would say. Nothing is kept."""
    segments, campaign = await _said(console, session, given)
    if given.rule is not None:
        verdicts: Sequence[Verdict] = (judge(_rule(given.rule), segments),)
    else:
        rules = await _seen(console, session)
        held = [one for one in rules if campaign is None or one.campaign in (None, campaign)]
        verdicts = [judge(one, segments) for one in held]
    return TriedShown(
        segments=[SegmentShown(start_s=s.start_s, end_s=s.end_s, leg=s.leg, text=s.text) for s in segments],
        verdicts=[
            VerdictShown(
                name=one.rule.name, kept=one.kept, never=one.rule.never, heard_at_s=one.heard_at_s, flag=one.rule.flag
            )
            for one in verdicts
        ],
    )


async def _said(console: Console, session: Session, given: RuleTry) -> tuple[Sequence[Segment], int | None]:
    """What was said, and in which campaign where it is a call's."""
    if given.call is None:
        with in_our_words():
            return typed(given.text), None
    recording = await recording_of(console, given.call, session)
    transcript = (await console.store.transcripts.of([CallId(given.call)])).get(CallId(given.call))
    if transcript is None or not transcript.segments:
        raise ProblemError("not_found", f"call {given.call} has no transcript; import one, or type what was said")
    await note_listening(console, session.name, session.who, given.call, way=session.key, what="read")
    return readable(transcript.segments, recording.muted), recording.campaign
