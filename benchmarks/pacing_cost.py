"""What a decision costs, and how that grows with the floor: the median of some minutes at work, on one core.

    python -m benchmarks.pacing_cost
    python -m benchmarks.pacing_cost --agents 30,200,500 --answers 0.25,0.05 --minutes 10

`leaving` are the decisions of the half minute in which every agent is known to leave.
"""

import argparse
from collections.abc import Sequence
from statistics import median, quantiles

from benchmarks.pacing_floors import FloorSpec, World
from benchmarks.tables import machine, table
from pacing import Settings

LEAVING_S = 25.0
MOST_US = {30: 100, 200: 250, 500: 600}  # what is wanted of the median


def row(agents: int, share: float, minutes: float) -> list[object]:
    """One floor: median, 99th percentile, and the median while all leave; microseconds."""
    spec = FloorSpec(name=f"{agents}/{share:g}", agents=agents, people=share, dead=0.1, hours=minutes / 60, talk_s=150)
    world = World(spec, Settings(), seed=1)
    day = world.run()
    settled = day.decision_ns[len(day.decision_ns) // 3 :]
    end = spec.hours * 3600
    for agent in world._present:  # noqa: SLF001
        world.pacer.agent_leaves_at(end, agent.id, end + LEAVING_S)
    before = len(day.decision_ns)
    for step in range(40):
        world.t = end + step / 2
        world._decide()  # noqa: SLF001
    leaving = median(day.decision_ns[before:]) / 1e3
    middle = median(settled) / 1e3
    wanted = MOST_US.get(agents)
    met = "" if wanted is None else "met" if middle <= wanted else "NOT met"
    return [
        agents, f"{share:.0%}", f"{middle:.0f}", f"{middle / agents:.2f}", f"{quantiles(settled, n=100)[98] / 1e3:.0f}",
        f"{leaving:.0f}", wanted or "", met,
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", default="5,30,200,500")
    parser.add_argument("--answers", default="0.25,0.05", help="shares of people who answer")
    parser.add_argument("--minutes", type=float, default=15.0, help="of work; the first third is not counted")
    options = parser.parse_args(arguments)
    floors = [
        (int(agents), float(share)) for agents in options.agents.split(",") for share in options.answers.split(",")
    ]
    rows = [row(*floor, options.minutes) for floor in floors]
    head = ("agents", "answers", "median us", "for each agent", "99 %", "leaving", "wanted", "")
    print(machine(), table(head, rows), sep="\n\n")


if __name__ == "__main__":
    main()
