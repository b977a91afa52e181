"""Floors that have lived through some calls, for the tests of the pacer."""

import pickle
from functools import cache

from pacing import Outcome, Pacer, Policy, Settings


def ready_floor(policy: Policy = Policy.PREDICTIVE, agents: int = 10, **given: object) -> Pacer:
    pacer = Pacer(Settings(policy=policy, **given))  # type: ignore[arg-type]
    for agent in range(agents):
        pacer.agent_ready(0.0, agent)
    return pacer


def trained_floor(agents: int) -> Pacer:
    """Agents who are free after 300 calls of which a third was answered after 9 s."""
    pacer = Pacer(Settings())
    pacer.agent_ready(0.0, 0)
    for call in range(300):
        t = 40.0 * call
        pacer.call_placed(t, call)
        if call % 3:
            pacer.call_ended(t + 28, call, Outcome.NO_ANSWER)
        else:
            pacer.call_answered(t + 9, call)
            pacer.call_connected(t + 9, call, 0)
            pacer.call_ended(t + 30, call, Outcome.COMPLETED)
            pacer.agent_ready(t + 35, 0)
        pacer.decide(t + 39)
    for agent in range(1, agents):
        pacer.agent_ready(12_000.0, agent)
    return pacer


@cache
def large_floor() -> bytes:
    """Forty agents, most of them busy, after 60 calls a minute of which one in twelve was answered; and its time."""
    pacer, t = ready_floor(agents=40), 0.0
    for call in range(1500):
        t += 1.0
        pacer.call_placed(t, call)
        if call % 12:
            pacer.call_ended(t, call, Outcome.BUSY) if call % 2 else None
        else:
            agent = call // 12 % 40
            pacer.call_answered(t, call)
            pacer.call_connected(t, call, agent)
            pacer.call_ended(t, call, Outcome.COMPLETED)
        if call >= 20 and call % 2 == 0 and call % 12 != 8:
            pacer.call_ended(t, call - 20, Outcome.NO_ANSWER)
        if call >= 8 and (call - 8) % 12 == 0:
            pacer.agent_ready(t, (call - 8) // 12 % 40)
        if call % 10 == 0:
            pacer.decide(t)
    for agent in range(6, 40):
        pacer.agent_talking(t, agent)
    return pickle.dumps((pacer, t))
