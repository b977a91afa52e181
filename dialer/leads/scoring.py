"""Learning who answers when, from the calls that this centre has made."""

from collections import Counter
from dataclasses import dataclass

from dialer.core.ids import CampaignId
from dialer.core.model import Campaign, Category
from dialer.core.outcomes import Outcome
from dialer.core.rules import DAY_S
from dialer.core.score import Asked, Attempt, Merit, Model, learn, merit
from dialer.store import Store

DAYS = 120  # of the past that is learned from
_ANSWERED = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP})
_RIGHT = frozenset({Category.RIGHT_PARTY, Category.PROMISE})


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned of a campaign. `model` None: its client's calls are too few. `merit` None: too few to try it."""

    campaign: CampaignId
    calls: int
    model: Model | None
    merit: Merit | None


async def attempts_of(store: Store, campaign: Campaign, since: float) -> list[Attempt]:
    """The calls of the campaign's client as attempts, oldest first: what was known before each, and what came of it."""
    said = {
        (one.id, disposition.code): disposition.category
        for one in await store.campaigns.list()
        for disposition in one.dispositions
    }
    attempts: list[Attempt] = []
    tried: Counter[int] = Counter()
    calls: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    async for call in store.scores.history(campaign.client, since):
        category = said.get((call.campaign, call.disposition))
        answered = call.outcome in _ANSWERED and category is not Category.MACHINE
        right = answered and (category in _RIGHT or (category is None and call.outcome == Outcome.CONNECTED))
        asked = Asked(
            type=call.type,
            segment=call.segment,
            attempts=tried[call.lead],
            calls=calls[call.number],
            answers=answers[call.number],
            zone=call.zone,
        )
        attempts.append(Attempt(call.at, asked, answered, right))
        tried[call.lead] += 1
        calls[call.number] += 1
        answers[call.number] += answered
    return attempts


async def learn_from_calls(store: Store, campaign: Campaign, now: float, *, days: int = DAYS) -> Lesson:
    """Learn the campaign's model anew and keep it. Raises StoreError."""
    attempts = await attempts_of(store, campaign, now - days * DAY_S)
    model = learn(attempts)
    if model is not None:
        await store.scores.save(campaign.id, model, now)
    return Lesson(campaign.id, len(attempts), model, merit(attempts) if model is not None else None)
