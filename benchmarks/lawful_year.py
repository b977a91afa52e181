"""A year of generated attempts, every verdict held against the tests' independent oracle: no call outside a rule.

Ends in error at the first wrong verdict. `--attempts 10000000` takes a quarter of an hour on two cores.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.core.year_of_attempts import CASES, judge

PART = 20_000  # attempts of one case in one go


def _part(task: tuple[int, int, str]) -> Counter[str]:
    case, attempts, seed = task
    return judge(*CASES[case], attempts, seed)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    each = -(-given.attempts // len(CASES))
    parts = -(-each // PART)
    tasks = [(case, -(-each // parts), f"/{part}") for case in range(len(CASES)) for part in range(parts)]
    begun, count = time.monotonic(), Counter[str]()
    with ProcessPoolExecutor(given.workers) as pool:
        for done, found in enumerate(pool.map(_part, tasks), 1):
            count += found
            print(f"\r{done} of {len(tasks)} parts", end="", file=sys.stderr, flush=True)
    total = count["Allowed"] + count["Forbidden"]
    print(f"\n{total} attempts in {len(CASES)} cases, {time.monotonic() - begun:.0f} s: 0 calls outside a rule")
    for name, number in sorted(count.items()):
        print(f"  {number:10}  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
