"""Would it pay to cancel calls that ring? An experiment beside the product: nothing of it is built in.

    python -m benchmarks.pacing_cancel --floors r6,r12 --seeds 3 --margin 0

After each decision every call that rings for longer than the law asks (15 s) is looked at anew, the oldest first: if an
answer to it is by now worth less than its risk, times one plus the margin, it is cancelled. The margin leaves the
calls alone that are about as good as any. Cancelled calls cost the lead an attempt and the person a call for nothing.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev

import numpy as np

from benchmarks.pacing_floors import REALISTIC, Call, FloorSpec, World
from pacing import Outcome, Settings
from pacing.lookahead import NewCall, Outlook, calls_worth
from pacing.policies import floor_scene

RING_MIN_S = 15.0  # the legal minimum, from the first ringing on


class CancellingWorld(World):
    """The floor, on which calls that have become worthless are cancelled."""

    def __init__(self, spec: FloorSpec, seed: int, *, margin: float, step_s: float) -> None:
        super().__init__(spec, Settings(), seed, step_s=step_s)
        self._margin = margin
        self._ringing: dict[int, tuple[Call, float]] = {}
        self.cancelled = 0

    def _ring(self, call: Call) -> None:
        super()._ring(call)
        if call.live:
            self._ringing[call.id] = (call, self.t)

    def _fail(self, call: Call) -> None:
        if self._ringing.pop(call.id, None) is not None or call.live:
            super()._fail(call)

    def _answer(self, call: Call) -> None:
        self._ringing.pop(call.id, None)
        if call.live:
            super()._answer(call)

    def _decide(self) -> None:
        super()._decide()
        for call, since in list(self._ringing.values()):
            if self.t - since < RING_MIN_S:
                break
            if self._worthless(call):
                self._cancel(call)

    def _worthless(self, call: Call) -> bool:
        """Whether the call would not be placed now as it stands, were it not in flight."""
        floor = self.pacer._floor  # noqa: SLF001 - an experiment on its inside
        if floor.answers.calls < 200:
            return False
        own = floor.calls.answers_of(self.t, call.id)
        every, (releases, sure) = floor.calls.answers(self.t), floor.agents.releases(self.t)
        free = floor.agents.free(self.t) - floor.calls.waiting
        price = floor.ledger.price(floor_scene(floor))[0] / (1 + self._margin)
        outlook = Outlook(free, every - own, releases, sure)
        worth, _ = calls_worth(outlook, NewCall(own[0], own[0] * self._people(own[0])), price)
        return worth == 0

    def _people(self, answers: np.ndarray) -> float:
        """The share of people among answers so late: as learned for all, since the table does not part them by age."""
        law = self.pacer._floor.answers  # noqa: SLF001
        return float(law.new_people[8, -1] / max(1e-9, law.new_answers[8, -1])) if answers[-1] > 0 else 1.0

    def _cancel(self, call: Call) -> None:
        del self._ringing[call.id]
        call.live = False
        self.cancelled += 1
        self.pacer.call_ended(self.t, call.id, Outcome.CANCELLED)


def judge(spec: FloorSpec, seeds: Sequence[int], margin: float, step_s: float) -> str:
    """A row: without, with, and the paired gain."""
    gains, placed, cancelled, abandons = [], [], [], []
    for seed in seeds:
        plain = World(spec, Settings(), seed, step_s=step_s).run()
        world = CancellingWorld(spec, seed, margin=margin, step_s=step_s)
        day = world.run()
        gains.append(100 * (day.occupancy - plain.occupancy))
        placed.append(100 * (day.placed / plain.placed - 1))
        cancelled.append(100 * world.cancelled / day.placed)
        abandons.append((100 * plain.abandon, 100 * day.abandon))
    error = stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    before, after = (fmean(each) for each in zip(*abandons, strict=True))
    return (f"| {spec.name} | {fmean(gains):+.2f} ± {error:.2f} | {before:.2f} -> {after:.2f} |"
            f" {fmean(cancelled):.0f} % | {fmean(placed):+.0f} % |")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--floors", default="r6,r12")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--step", type=float, default=1.0)
    parser.add_argument("--margin", type=float, default=0.0)
    options = parser.parse_args()
    print("| floor | gain, points | abandoned % | cancelled | calls placed |\n|---|---|---|---|---|")
    for spec in REALISTIC:
        if spec.name in options.floors.split(","):
            days = replace(spec, hours=options.hours)
            print(judge(days, range(501, 501 + options.seeds), options.margin, options.step), flush=True)


if __name__ == "__main__":
    main()
