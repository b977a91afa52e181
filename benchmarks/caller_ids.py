"""Numbers shown that people stop answering: how soon one of a pool is sent to rest, and how often one without fault.

    python -m benchmarks caller_ids                  2,000 runs of each kind, some minutes
    python -m benchmarks.caller_ids --runs 200 --numbers 3

By the share of calls that a person answers, with 95 % intervals: the rate of one number halved after 400 and after
6,000 of its calls and found within 400 more; a healthy number rested within 1,000 calls, and within as many after the
whole pool's rate was halved (another list: no number's fault). Beside them what no test can beat: calls to the alarm
on average, for large numbers (Lorden 1971), of one with as many false alarms as were measured here.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from math import log

from benchmarks.tables import table
from dialer.core.caller_ids import Complaint, Tally, Watch
from pacing.stats import interval

WITHIN = 400  # calls: the limit that is asked for
HEALTHY = 1_000
EARLY, LATE = 400, 6_000  # calls of a number before anything changes
SHARES = (0.1, 0.15, 0.2, 0.3)
NUMBERS = 6


def rested_after(
    seed: str, share: float, *, calls: int, one_at: int | None = None, all_at: int | None = None, numbers: int = NUMBERS
) -> int | None:
    """After how many calls of its own the first number of a pool is sent to rest; None: not within `calls`.

    `one_at` and `all_at`: after so many of its calls its answer rate, or that of the whole pool, is halved.
    """
    chance = random.Random(seed).random
    pool, watches = Tally(), [Watch(Complaint.UNANSWERED, "answered", 0.5) for _ in range(numbers)]
    first = watches[0]
    for call in range(calls):
        usual = share / 2 if all_at is not None and call >= all_at else share
        for watch in watches:
            halved = watch is first and one_at is not None and call >= one_at
            hit = chance() < (usual / 2 if halved else usual)
            pool.add(hit=hit)
            if watch is first:
                watch.add(pool, hit=hit)
                if watch.is_bad(pool):
                    return call
    return None


def told(one: float) -> float:
    """What one call tells, in nats, of a share that may have become half as large."""
    bad = one / 2
    return bad * log(bad / one) + (1 - bad) * log((1 - bad) / (1 - one))


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="caller_ids", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--numbers", type=int, default=NUMBERS, help="in the pool")
    given = parser.parse_args(arguments)
    rows = [_row(share, given.runs, given.numbers) for share in SHARES]
    head = ("answered", "halved, found within 400", "the same after 6,000 calls", "healthy, rested in 1,000",
            "the whole pool halved, rested in 1,000", "calls to find it, at best")  # fmt: skip
    print(table(head, rows))


def _row(share: float, runs: int, numbers: int) -> tuple[str, ...]:
    early = _found(share, runs, numbers, EARLY)
    late = _found(share, max(1, runs // 10), numbers, LATE)
    healthy = [rested_after(f"healthy {share} {n}", share, calls=HEALTHY, numbers=numbers) for n in range(runs)]
    drift = [
        rested_after(f"drift {share} {n}", share, calls=EARLY + HEALTHY, all_at=EARLY, numbers=numbers)
        for n in range(runs)
    ]
    false = sum(one is not None for one in healthy)
    moved = sum(one is not None and one >= EARLY for one in drift)
    of = sum(one is None or one >= EARLY for one in drift)
    between = HEALTHY * runs / max(false, 1)
    return (
        f"{100 * share:.0f} %", _share(*early), _share(*late), _share(false, runs), _share(moved, of),
        f"{log(between) / told(share):.0f}",
    )  # fmt: skip


def _found(share: float, runs: int, numbers: int, at: int) -> tuple[int, int]:
    """Of runs in which the number was at work when its rate was halved, those in which that was found in time."""
    ends = [
        rested_after(f"halved {share} {at} {n}", share, calls=at + WITHIN, one_at=at, numbers=numbers)
        for n in range(runs)
    ]
    at_work = [one for one in ends if one is None or one >= at]
    return sum(one is not None for one in at_work), len(at_work)


def _share(count: int, of: int) -> str:
    low, high = interval(count, of)
    return f"{100 * count / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


if __name__ == "__main__":
    main(sys.argv[1:])
