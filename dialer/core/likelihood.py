"""What the learned model says of the leads at hand: how likely each answers, and when it is best tried again. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from math import fsum

from dialer.core.model import Campaign, Lead
from dialer.core.rules import opens_at
from dialer.core.score import Asked, Model

HOUR_S = 3600.0
LOOK_AHEAD_H = 24  # a lead is not put off for longer than a day for the sake of a better hour
NEXT_FEW = 10


def asked_of(lead: Lead) -> Asked:
    """What is known of the lead before its call."""
    return Asked(
        type=lead.phone_type,
        segment=lead.segment,
        attempts=lead.attempts,
        calls=lead.called_before,
        answers=lead.answered_before,
        zone=lead.zones[0] if lead.zones else "",
    )


def scored(model: Model | None, leads: Iterable[Lead], now: float) -> tuple[Lead, ...]:
    """The leads with the probability that a person answers now."""
    if model is None:
        return tuple(leads)
    return tuple(replace(lead, p_answer=model.answers(asked_of(lead), now)) for lead in leads)


def mean_answer(leads: Iterable[Lead]) -> float | None:
    """The mean probability of the next few; None where none is known."""
    known = [lead.p_answer for lead in islice(leads, NEXT_FEW) if lead.p_answer is not None]
    return fsum(known) / len(known) if known else None


def best_time(model: Model, lead: Lead, campaign: Campaign, due_at: float) -> float:
    """Of a day's hours from `due_at` on in which the campaign may call, the best for reaching a right party."""
    hours = [due_at + n * HOUR_S for n in range(LOOK_AHEAD_H)]
    open_ = [at for at in hours if opens_at(lead.zones, campaign.rules, at) == at]
    asked = replace(asked_of(lead), attempts=lead.attempts + 1, calls=lead.called_before + 1)
    found = model.best_hour(asked, open_)
    return due_at if found is None else found
