"""Laws of evaluation: what a score is, what is drawn, whether evaluators agree, and what may follow what."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.store import Candidate, ConflictError, NotFoundError, Segment, Store
from dialer.store import RecordingState as State
from recordings.agreement import Scale, alpha
from recordings.calibrating import begin_calibration, calibration, close_calibration
from recordings.errors import FormError
from recordings.evaluating import Given, draw_plan, evaluate, reply, uphold
from recordings.forms import Critical, Form, Item, Section, prefilled, score
from recordings.found import search
from recordings.said import SaidRule, flags, judge, judged
from recordings.sampling import Method, Plan, Stratum, draw
from recordings.transcribing import read_transcript
from recordings.trends import link, mean_of, pareto, share_of, trends
from tests.recordings.floor import Floor
from tests.store.world import NOW

FORM = Form(
    name="collections",
    sections=(
        Section(
            name="opening",
            weight=1,
            items=(Item(key="greets", label="Greets"), Item(key="name", label="Name", weight=3)),
        ),
        Section(name="talk", weight=3, items=(Item(key="listens", label="Listens", scale=4),)),
        Section(
            name="law", items=(Item(key="identity", label="Makes sure of the identity", critical=Critical.COMPLIANCE),)
        ),
    ),
)
QUIQUE, ROSA, TEO = 1, 2, 3  # users
GOOD = {"greets": "yes", "name": "yes", "listens": "4", "identity": "yes"}

# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("changed", "expected", "passed"),
    [
        ({}, 1.0, True),
        ({"greets": "no"}, (1 * 3 / 4 + 3) / 4, True),
        ({"listens": "2"}, (1 + 1.5) / 4, False),
        ({"name": "na", "greets": "no"}, 3 / 4, False),  # all of the section's weight is on what was answered
        ({"greets": "na", "name": "na"}, 1.0, True),
        ({"greets": "na", "name": "na", "listens": "na"}, None, True),
        ({"identity": "no"}, 1.0, False),
        ({"identity": "na"}, 1.0, True),
    ],
)
def test_scores(changed: dict[str, str], expected: float | None, passed: bool) -> None:
    scored = score(FORM, GOOD | changed)
    assert scored.score == (None if expected is None else pytest.approx(expected))
    assert scored.passed is passed
    assert scored.critical == ((Critical.COMPLIANCE,) if changed.get("identity") == "no" else ())


def test_a_kind_of_error_that_does_not_fail_is_told_all_the_same() -> None:
    scored = score(replace(FORM, fails=()), GOOD | {"identity": "no"})
    assert (scored.passed, scored.critical) == (True, (Critical.COMPLIANCE,))


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"greets": "yes"}, "name .Name. is not answered"),
        (GOOD | {"listens": "5"}, "answer 0 to 4"),
        (GOOD | {"greets": "maybe"}, "answer yes, no or na"),
        (GOOD | {"extra": "yes"}, "has no item extra"),
    ],
)
def test_answers_that_do_not_fit(answers: dict[str, str], says: str) -> None:
    with pytest.raises(FormError, match=says):
        score(FORM, answers)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ((), "needs a section with an item"),
        ((Item(key="a", label="A"), Item(key="a", label="B")), "stands twice"),
        ((Item(key="a", label="A", critical=Critical.CUSTOMER, scale=3),), "answered by yes or no"),
        ((Item(key="a", label="A", weight=0),), "no item has any weight"),
        ((Item(key="a", label="A", scale=101),), "scale must be"),
    ],
)
def test_forms_that_cannot_be(items: tuple[Item, ...], says: str) -> None:
    with pytest.raises(FormError, match=says):
        Form(name="f", sections=(Section(name="s", items=items),))


def test_a_form_whose_weights_all_come_to_nothing_cannot_be() -> None:
    weighed, idle = Item(key="a", label="A"), Item(key="b", label="B", weight=0)
    with pytest.raises(FormError, match="no item has any weight"):
        Form(name="f", sections=(Section(name="s", items=(weighed,), weight=0), Section(name="t", items=(idle,))))


answered = st.fixed_dictionaries(
    {
        "greets": st.sampled_from(["yes", "no", "na"]),
        "name": st.sampled_from(["yes", "no", "na"]),
        "listens": st.sampled_from(["0", "1", "2", "3", "4", "na"]),
        "identity": st.sampled_from(["yes", "no", "na"]),
    }
)


@given(answered)
def test_a_score_lives_between_nothing_and_all_and_a_better_answer_never_lowers_it(answers: dict[str, str]) -> None:
    before = score(FORM, answers).score
    assert before is None or 0 <= before <= 1
    if answers["greets"] == "no":
        after = score(FORM, answers | {"greets": "yes"}).score
        assert before is not None
        assert after is not None
        assert after >= before


# ---------------------------------------------------------------- sampling


def candidates(count: int) -> list[Candidate]:
    return [
        Candidate(
            call=CallId(n), campaign=CampaignId(1 + n % 2), agent=AgentId(n % 7), at=NOW + n, seconds=10.0 * (n % 40),
            outcome="connected", disposition="PTP", flags=frozenset({"talk_over"} if n % 10 == 0 else ()),
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("method", list(Method))
def test_a_drawing_depends_on_plan_and_seed_alone(method: Method) -> None:
    plan = Plan(name="p", form=1, method=method, count=5, strata=(Stratum.CAMPAIGN, Stratum.LENGTH))
    pool = candidates(400)
    drawn = draw(plan, pool, "a")
    assert drawn == draw(plan, pool[::-1], "a")
    assert drawn != draw(plan, pool, "b")
    assert len({one.call for one in drawn}) == len(drawn)
    assert all(one.seconds >= plan.seconds_min for one in drawn)


def test_quotas_flags_and_proportions() -> None:
    pool = candidates(400)
    each = draw(Plan(name="p", form=1, method=Method.PER_AGENT, count=3), pool, "a")
    assert sorted(one.agent or 0 for one in each) == sorted(list(range(7)) * 3)
    flagged = draw(Plan(name="p", form=1, method=Method.FLAGS, count=99, flags=("talk_over",)), pool, "a")
    assert flagged
    assert all(one.flags for one in flagged)
    thirds = [replace(one, campaign=CampaignId(1 if one.call % 3 else 2)) for one in pool]
    strata = draw(Plan(name="p", form=1, method=Method.STRATIFIED, count=30), thirds, "a")
    assert [sum(one.campaign == n for one in strata) for n in (1, 2)] == [20, 10]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(1, 40), st.text(max_size=3))
def test_every_stratum_has_its_share_and_at_least_one_call_where_the_count_allows(
    sizes: list[int], count: int, seed: str
) -> None:
    campaigns = [CampaignId(n) for n, size in enumerate(sizes) for _ in range(size)]
    pool = [
        replace(one, campaign=campaign, seconds=60.0)
        for one, campaign in zip(candidates(len(campaigns)), campaigns, strict=True)
    ]
    plan = Plan(name="p", form=1, method=Method.STRATIFIED, count=count, strata=(Stratum.CAMPAIGN,))
    drawn = Counter(one.campaign for one in draw(plan, pool, seed))
    assert drawn.total() == min(count, len(pool))
    assert len(drawn) == len(sizes) or count < len(sizes)
    assert all(drawn[CampaignId(n)] <= size for n, size in enumerate(sizes))


# ---------------------------------------------------------------- agreement

# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: four observers, twelve units.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


@pytest.mark.parametrize(
    ("scale", "expected"), [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)]
)
def test_alpha_is_krippendorffs(scale: Scale, expected: float) -> None:
    units = list(zip(*OBSERVERS, strict=True))
    assert alpha(units, scale) == pytest.approx(expected, abs=0.0006)


def test_alpha_says_nothing_where_there_is_nothing_to_say() -> None:
    assert alpha([["yes"], ["no"]], Scale.NOMINAL) is None
    assert alpha([["yes", "yes"], ["yes", "yes"]], Scale.NOMINAL) is None
    assert alpha([["yes", "yes"], ["no", "no"]], Scale.NOMINAL) == 1.0


# ---------------------------------------------------------------- trends


def test_intervals() -> None:
    assert mean_of([0.8]).low is None
    mean = mean_of([0.7, 0.8, 0.9])
    assert (round(mean.low or 0, 3), round(mean.high or 0, 3)) == (0.552, 1.0)
    assert round(share_of(5, 1000).high, 4) == 0.0116
    assert link([(1, 1), (2, 2)]).rho is None
    rising = link([(n, n**3) for n in range(10)])
    assert rising.rho == pytest.approx(1.0)
    mixed = link([(n, (n * 7) % 11) for n in range(11)])
    assert mixed.low is not None
    assert mixed.high is not None
    assert mixed.low < 0 < mixed.high


# ---------------------------------------------------------------- what was said

SEGMENTS = (
    Segment(0.5, 3.0, "agent", "Buenos días, le habla Ana del"),
    Segment(3.0, 6.0, "agent", "Banco Primero, esta llamada es grabada"),
    Segment(6.5, 9.0, "customer", "No puedo pagar"),
)


@pytest.mark.parametrize(
    ("rule", "kept", "at"),
    [
        (SaidRule(name="r", phrases=("llamada es grabada",)), True, 4.5),
        (SaidRule(name="r", phrases=("ana del banco",)), True, 2.1667),  # over the end of a segment
        (SaidRule(name="r", phrases=("grabada",), within_s=4.0), False, 5.5),
        (SaidRule(name="r", phrases=("no puedo pagar",)), False, None),  # the other side said it
        (SaidRule(name="r", phrases=("no puedo pagar",), side=""), True, 6.5),
        (SaidRule(name="r", phrases=("grab*",)), True, 5.5),
        (SaidRule(name="r", phrases=("demanda", "cárcel"), never=True), True, None),
        (SaidRule(name="r", phrases=("BUENOS DIAS",), never=True), False, 0.5),
    ],
)
def test_rules_of_what_is_said(rule: SaidRule, kept: bool, at: float | None) -> None:
    verdict = judge(rule, SEGMENTS)
    assert verdict.kept is kept
    assert verdict.heard_at_s == (None if at is None else pytest.approx(at, abs=0.001))


def test_rules_raise_flags_and_answer_items() -> None:
    rules = [
        SaidRule(name="Recording notice", phrases=("grabada",), item="collections/greets"),
        SaidRule(name="threats", phrases=("pagar",), never=True, side="", item="collections/identity"),
        SaidRule(name="elsewhere", phrases=("x",), campaign=2),
    ]
    verdicts = judged(rules, SEGMENTS, 1)
    assert flags(verdicts) == ("said_threats",)
    assert prefilled(FORM, verdicts) == {"greets": "yes", "identity": "no"}


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\nNOTE made up\n\n1\n00:00:00.500 --> 00:00:02.000\n<v Agente>Hola, <i>señora</i>\n\n"
        "00:03.000 --> 00:04.000\n<v Cliente>Diga",
        '{"segments": [{"start": 3, "end": 4, "text": " Diga ", "speaker": "SPEAKER_01"}, '
        '{"start": 0.5, "end": 2.0, "text": "Hola, señora", "channel": 0}]}',
        '[{"start_time": "0.5", "end_time": "2", "transcript": "Hola, señora", "speaker": "left"}, '
        '{"from": 3, "to": 4, "content": "Diga", "speaker": "customer"}]',
    ],
)
def test_transcripts_of_other_engines(text: str) -> None:
    assert read_transcript(1, text, "theirs", "es", NOW).segments == (
        Segment(0.5, 2.0, "agent", "Hola, señora"), Segment(3.0, 4.0, "customer", "Diga"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[1]", '[{"text": "x"}]', "WEBVTT\n\nx --> y\nz", '[{"start":2,"end":1,"text":"x"}]']
)
def test_what_is_no_transcript(text: str) -> None:
    with pytest.raises(FormError):
        read_transcript(1, text, "theirs", "es", NOW)


# ---------------------------------------------------------------- with a store


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(f"sqlite:///{tmp_path}/dialer.db") as store:
        made = await Floor.made(store, tmp_path)
        for n in range(4):
            await made.talked(at=NOW + 100 * n)
        await made.indexer().step()
        yield made


async def drawn(floor: Floor, **plan: object) -> int:
    form = await floor.store.quality.save_form(FORM.name, FORM, "Quique", NOW)
    one = Plan(name="weekly", form=form.id, seconds_min=0.0, **plan)  # type: ignore[arg-type]
    await floor.store.quality.save_plan(one.name, one, "Quique", NOW)
    pool, new = await draw_plan(floor.store, "weekly", NOW, NOW + 1e6, seed="w1", now=NOW)
    assert pool == 4
    return new


async def test_the_queue_gives_each_call_to_one_and_takes_it_back(floor: Floor) -> None:
    assert await drawn(floor, count=2) == 2
    assert (await draw_plan(floor.store, "weekly", NOW, NOW + 1e6, seed="w1", now=NOW))[1] == 0  # the same again
    claim = floor.store.quality.claim
    first, second = await claim(QUIQUE, NOW, 60), await claim(ROSA, NOW, 60)
    assert first is not None
    assert second is not None
    assert first.call != second.call
    assert await claim(TEO, NOW + 1, 60) is None
    late = await claim(TEO, NOW + 61, 60)
    assert late is not None
    assert late.id == first.id
    with pytest.raises(ConflictError):
        await evaluate(floor.store, Given(evaluator=QUIQUE, answers=GOOD, task=first.id), NOW + 70)
    await evaluate(floor.store, Given(evaluator=TEO, answers=GOOD, task=first.id), NOW + 70)
    with pytest.raises(NotFoundError):
        await floor.store.quality.give_back(second.id, TEO, NOW)


async def test_what_is_done_or_cannot_be_heard_waits_for_nobody(floor: Floor) -> None:
    assert await drawn(floor, count=3) == 3
    quality = floor.store.quality
    done = await quality.claim(QUIQUE, NOW, 60)
    assert done is not None
    await evaluate(floor.store, Given(evaluator=QUIQUE, answers=GOOD, task=done.id), NOW)
    waiting = await quality.tasks(limit=1)
    assert [one.state for one in waiting] == ["open"]
    await floor.store.recordings.bury(waiting[0].call, State.INDEXED, NOW, "retention")
    left = await quality.tasks()
    assert [one.call for one in left if one.call in (done.call, waiting[0].call)] == []
    claimed = await quality.claim(QUIQUE, NOW, 60)
    assert claimed is not None
    assert claimed.call == left[0].call
    assert await quality.claim(ROSA, NOW, 60) is None


async def test_who_holds_a_call_goes_on_with_it_and_what_is_given_back_waits_behind_the_others(floor: Floor) -> None:
    assert await drawn(floor, count=2) == 2
    quality = floor.store.quality
    first = await quality.claim(QUIQUE, NOW, 60)
    assert first is not None
    again = await quality.claim(QUIQUE, NOW + 30, 60)
    assert again == replace(first, claimed_until=NOW + 90)
    await quality.give_back(first.id, QUIQUE, NOW + 40)
    second = await quality.claim(QUIQUE, NOW + 50, 60)
    assert second is not None
    assert second.id != first.id
    last = await quality.claim(ROSA, NOW + 50, 60)
    assert last is not None
    assert last.id == first.id


async def test_a_ruling_stands_beside_what_the_evaluator_wrote(floor: Floor) -> None:
    await drawn(floor, count=1)
    task = await floor.store.quality.claim(QUIQUE, NOW, 60)
    assert task is not None
    given_in = await evaluate(floor.store, Given(evaluator=QUIQUE, answers=GOOD, task=task.id, note="Well done"), NOW)
    await reply(floor.store, given_in.id, floor.agent, dispute=True, words="too low")
    await uphold(floor.store, given_in.id, "It stands")
    one = await floor.store.quality.evaluation(given_in.id)
    assert (one.state, one.note, one.reply, one.ruling) == ("upheld", "Well done", "too low", "It stands")


async def test_a_calibration_comes_to_its_end_whoever_scored_before_and_whoever_leaves(floor: Floor) -> None:
    await drawn(floor, count=1)
    before = await floor.store.quality.claim(QUIQUE, NOW, 60)
    assert before is not None
    await evaluate(floor.store, Given(evaluator=QUIQUE, answers=GOOD, task=before.id), NOW)
    evaluators = [QUIQUE, ROSA, TEO]
    await begin_calibration(floor.store, "march", form=before.form, calls=[before.call], evaluators=evaluators, now=NOW)
    for who in (QUIQUE, ROSA):
        task = await floor.store.quality.claim(who, NOW, 60)
        assert task is not None
        blind = await evaluate(floor.store, Given(evaluator=who, answers=GOOD, task=task.id), NOW)
        instead = Given(evaluator=TEO, answers=GOOD, call=task.call, form=task.form, replaces=blind.id)
        with pytest.raises(FormError, match="none of a calibration"):
            await evaluate(floor.store, instead, NOW)
    last = await floor.store.quality.claim(TEO, NOW, 60)
    assert last is not None
    assert not (await calibration(floor.store, "march")).whole
    with pytest.raises(NotFoundError):
        await close_calibration(floor.store, "april")
    assert await close_calibration(floor.store, "march") == 1
    result = await calibration(floor.store, "march")
    assert (result.whole, result.handed_in, len(result.scores)) == (True, 2, 2)
    with pytest.raises(ConflictError, match="closed"):
        await evaluate(floor.store, Given(evaluator=TEO, answers=GOOD, task=last.id), NOW)


async def test_from_score_to_dispute_to_another_score(floor: Floor) -> None:
    await drawn(floor, count=1)
    task = await floor.store.quality.claim(QUIQUE, NOW, 60)
    assert task is not None
    bad = await evaluate(floor.store, Given(evaluator=QUIQUE, answers=GOOD | {"listens": "1"}, task=task.id), NOW + 1)
    assert [hit.call for hit in await search(floor.store, "score<50%")] == [task.call]
    with pytest.raises(NotFoundError):
        await reply(floor.store, bad.id, floor.agent + 1, dispute=True, words="not mine")
    with pytest.raises(FormError, match="say why"):
        await reply(floor.store, bad.id, floor.agent, dispute=True, words=" ")
    await reply(floor.store, bad.id, floor.agent, dispute=True, words="I did listen")
    with pytest.raises(ConflictError):
        await reply(floor.store, bad.id, floor.agent, dispute=False, words="")
    again = Given(evaluator=ROSA, answers=GOOD, call=task.call, form=task.form, replaces=bad.id)
    good = await evaluate(floor.store, again, NOW + 2)
    with pytest.raises(ConflictError):
        await uphold(floor.store, bad.id, "too late")
    assert (await floor.store.quality.evaluation(bad.id)).state == "replaced"
    assert [hit.score for hit in await search(floor.store, "score>=100%")] == [1.0]
    everything = await floor.store.quality.evaluations()
    [trend] = trends(everything, lambda one: one.agent)
    assert (trend.group, trend.score and trend.score.mean, trend.passed.of) == (floor.agent, 1.0, 1)
    worst = pareto([replace(good, answers=GOOD | {"name": "no"})], {task.form: FORM})[0]
    assert (worst.item, worst.failed.count, worst.cumulative) == ("name", 1, 1.0)


async def test_a_calibration_is_blind_and_tells_how_far_evaluators_agree(floor: Floor) -> None:
    form = await floor.store.quality.save_form(FORM.name, FORM, "Quique", NOW)
    calls = [one.call for one in await floor.store.quality.candidates(NOW, NOW + 1e6)]
    assert (
        await begin_calibration(floor.store, "march", form=form.id, calls=calls, evaluators=[QUIQUE, ROSA], now=NOW)
        == 8
    )
    with pytest.raises(FormError):
        await begin_calibration(floor.store, "alone", form=form.id, calls=calls, evaluators=[QUIQUE], now=NOW)
    for n, (who, listens) in enumerate((who, n) for n in range(4) for who in (QUIQUE, ROSA)):
        task = await floor.store.quality.claim(who, NOW, 60)
        assert task is not None
        answers = GOOD | {"listens": str(listens), "greets": "yes" if n % 3 else "no"}
        given_in = await evaluate(floor.store, Given(evaluator=who, answers=answers, task=task.id), NOW)
        assert given_in.blind
        result = await calibration(floor.store, "march")
        told = (bool(result.scores), bool(result.items[0].answers))
        assert told == (n == 7, n == 7)  # nobody sees the others' before all have handed in
    assert (len(result.calls), result.handed_in, result.whole) == (4, 8, True)
    assert [(one.evaluator, one.handed_in, one.of) for one in result.evaluators] == [(QUIQUE, 4, 4), (ROSA, 4, 4)]
    by_item = {one.item: one for one in result.items}
    assert by_item["listens"].alpha == 1.0
    assert by_item["greets"].alpha is not None
    assert by_item["greets"].alpha < 0.5
    assert by_item["identity"].alpha is None
    assert (await search(floor.store, "score>=0"))[:1] == ()  # what is blind scores no call
    assert await floor.store.quality.evaluations() == ()
