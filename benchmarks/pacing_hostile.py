"""Floors that nobody would wish for: does pacing stay sound where nothing is as it was a minute ago?

    python -m benchmarks.pacing_hostile                              every case, two days each
    python -m benchmarks.pacing_hostile --cases "silence;jumps" --seeds 4
    python -m benchmarks.pacing_hostile --policy progressive         what one call for each free agent makes of them

Nothing is configured case by case but the cap where the case is about it. What an outage or a jump abandons while the
calls of the moment before are still in flight no policy can avoid; it shows how many there were at most, for each
agent, and how far the day ended above its cap.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, median

from benchmarks.pacing_floors import Agent, Call, FloorSpec, World
from benchmarks.tables import machine, table
from pacing import Policy, Settings

TOLD_S = 60.0  # before everybody leaves, where that is told


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile floor. Times in seconds."""

    spec: FloorSpec
    cap: float = 0.03
    ring_timeout_s: float = 28.0  # as pacing is told
    step_s: float = 0.5
    all_leave_every_s: float = 0.0  # everybody, for `spec.break_s`; 0: never
    leaving_told: bool = False
    inbound_every_s: float = 0.0  # calls from outside that the same agents take, untold; 0: none
    score_bias: float = 1.0  # on the chances told with each lead

    @property
    def name(self) -> str:
        return self.spec.name


PLAIN = FloorSpec(name="plain", agents=30, people=0.2, dead=0.1, talk_s=150, hours=4)


def plain(name: str, **given: object) -> FloorSpec:
    """The plain floor but for what is given."""
    return replace(PLAIN, name=name, **given)  # type: ignore[arg-type]


CASES: tuple[Case, ...] = (
    Case(PLAIN),
    Case(plain("jumps", people=0.1, lists=(1, 5) * 4)),
    Case(plain("jumps of 200", agents=200, people=0.1, lists=(1, 5) * 4)),
    Case(plain("a list a quarter", lists=(1.0, 0.3, 2.0, 0.6, 1.5, 0.25, 1.0, 2.5) * 2)),
    Case(plain("silence", lists=(1, 0, 1, 1))),
    Case(plain("silence, then more", people=0.1, lists=(1, 0, 4, 1))),
    Case(plain("silent start", lists=(0, 1, 1, 1))),
    Case(plain("hardly any answers", people=0.01)),
    Case(plain("long rings, untold", ring_shape=9, ring_scale_s=4, timeout_s=60)),
    Case(plain("rings of 90 s, untold", ring_shape=40, ring_scale_s=2.2, timeout_s=120)),
    Case(plain("long rings, told", ring_shape=9, ring_scale_s=4, timeout_s=60), ring_timeout_s=60),
    Case(plain("talks short or long", talk_s=600, talk_sigma=0.2, short_share=0.6, short_s=6)),
    Case(plain("very short handling", agents=20, talk_s=8, wrap_s=3)),
    Case(plain("two agents", agents=2)),
    Case(plain("two agents, few answers", agents=2, people=0.05)),
    Case(plain("200 agents", agents=200, people=0.15)),
    Case(plain("all leave each hour", agents=40, break_s=600), all_leave_every_s=3600),
    Case(plain("all leave each hour, told", agents=40, break_s=600), all_leave_every_s=3600, leaving_told=True),
    Case(plain("machines", detected=0.3, machines=0.2)),
    Case(plain("callers from outside"), inbound_every_s=15),
    Case(plain("cap 0.1 %", agents=60), cap=0.001),
    Case(plain("cap 10 %"), cap=0.1),
    Case(plain("scores too low", spread=1.0, scores=True), score_bias=0.3),
    Case(plain("scores too high", spread=1.0, people=0.1, scores=True), score_bias=4.0),
    Case(plain("decided every 5 s", agents=60), step_s=5.0),
    Case(plain("500 agents in haste", agents=500, people=0.06, talk_s=45, wrap_s=8, hours=1), step_s=1.0),
)  # fmt: skip


class HostileWorld(World):
    """The floor, with what the case does to it."""

    def __init__(self, case: Case, policy: Policy, seed: int) -> None:
        settings = Settings(policy=policy, abandon_cap=case.cap, ring_timeout_s=case.ring_timeout_s)
        self._case = case
        super().__init__(case.spec, settings, seed, step_s=case.step_s)
        self._flying = self.flying_most = 0
        if case.all_leave_every_s:
            at = case.all_leave_every_s
            while at < self._end:
                self._at(at - TOLD_S, self._tell_leave)
                self._at(at, self._all_leave)
                at += case.all_leave_every_s
        if case.inbound_every_s:
            self._at(0.0, self._inbound)

    def _lead(self) -> tuple[str, float]:
        kind, score = super()._lead()
        return kind, min(1.0, score * self._case.score_bias)

    def _place(self) -> None:
        super()._place()
        self._flying += 1
        self.flying_most = max(self.flying_most, self._flying)

    def _landed(self, call: Call) -> None:
        super()._landed(call)
        self._flying -= 1

    def _tell_leave(self) -> None:
        for agent in self._present if self._case.leaving_told else ():
            self.pacer.agent_leaves_at(self.t, agent.id, self.t + TOLD_S)

    def _all_leave(self) -> None:
        for agent in self._present:
            if agent.state != "away":
                agent.break_due = self.t
                self._break_now(agent)

    def _inbound(self) -> None:
        self._at(self.t + self._chance["breaks"].expovariate(1 / self._case.inbound_every_s), self._inbound)
        if self._idle:
            agent = self._idle.popleft()
            self._book(agent)
            agent.state = "talking"
            self.pacer.agent_talking(self.t, agent.id)
            self._at(self.t + self._chance["breaks"].expovariate(1 / 120.0), self._inbound_over, agent)

    def _inbound_over(self, agent: Agent) -> None:
        self._book(agent)
        self.pacer.agent_wrapping(self.t, agent.id)
        agent.state = "wrapping"
        self._at(self.t + 20.0, self._free, agent)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one day; shares from 0 to 1."""

    occupancy: float
    people: int
    abandoned: int
    early_over: float
    flying_most: float  # for each agent
    decision_us: float


def one_day(case: Case, policy: Policy, seed: int) -> Found:
    """One day of the case."""
    world = HostileWorld(case, policy, seed)
    day = world.run()
    early = day.early_abandoned - case.cap * day.early_people
    us = median(day.decision_ns) / 1e3
    return Found(day.occupancy, day.people, day.abandoned, early, world.flying_most / case.spec.agents, us)


def row(case: Case, days: Sequence[Found]) -> list[object]:
    """The case in the table: means, and the worst of the days."""
    over = [each.abandoned - case.cap * each.people for each in days]
    return [
        case.name, f"{100 * fmean(each.occupancy for each in days):.1f}", f"{fmean(each.people for each in days):.0f}",
        f"{100 * sum(each.abandoned for each in days) / max(1, sum(each.people for each in days)):.2f}",
        f"{100 * case.cap:g}", f"{max(over):+.1f}", f"{max(each.early_over for each in days):+.1f}",
        f"{max(each.flying_most for each in days):.0f}", f"{median(each.decision_us for each in days):.0f}",
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--cases", default="", help="some of: " + "; ".join(case.name for case in CASES).replace("%", "%%")
    )
    parser.add_argument("--policy", type=Policy, default=Policy.PREDICTIVE)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at one time")
    options = parser.parse_args(arguments)
    wanted = [case for case in CASES if not options.cases or case.name in options.cases.split(";")]
    head = (
        "case",
        "occupancy",
        "people",
        "abandoned %",
        "cap %",
        "calls above",
        "of them in 10 min",
        "in flight",
        "us",
    )
    print(machine(), table(head, []), sep="\n\n", flush=True)
    with ProcessPoolExecutor(options.jobs) as pool:
        days = [[pool.submit(partial(one_day, case, options.policy), 701 + number) for number in range(options.seeds)]
                for case in wanted]  # fmt: skip
        for case, futures in zip(wanted, days, strict=True):
            print(f"| {' | '.join(map(str, row(case, [each.result() for each in futures])))} |", flush=True)


if __name__ == "__main__":
    main()
