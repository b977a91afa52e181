"""Lists for the benchmarks: people with two numbers and one account each. Nobody is meant by any of them."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = ("id", "rut", "nombre", "celular", "telefono 2", "saldo", "dias de mora", "cartera")


def rows(count: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Rows of a Chilean list, each id and number once."""
    chance = random.Random(seed)
    numbers = _distinct(chance, 20_000_000, 68_999_999)  # all of the plan's mobiles
    for n in range(count):
        first, second = next(numbers), next(numbers)
        yield (
            f"C{n:08d}",
            _rut(5_000_000 + n * 17 % 20_000_000),
            f"Persona {n}",
            f"+56 9 {first:08d}",
            f"9{second:08d}",
            f"{chance.randrange(10_000, 9_000_000)}",
            f"{chance.randrange(1, 400)}",
            f"tramo {n % 5}",
        )


def write(path: Path, count: int, seed: int = 1) -> Path:
    """Write a list of `count` rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(count, seed))
    return path


def _distinct(chance: random.Random, low: int, high: int) -> Iterator[int]:
    """Every number of the span once, in an order that looks like none."""
    span = high - low + 1
    step = 48_271 * 2 + 1
    offset = chance.randrange(span)
    return (low + (offset + n * step) % span for n in range(span))


def _rut(number: int) -> str:
    digit = (11 - sum((2 + n % 6) * int(one) for n, one in enumerate(reversed(str(number))))) % 11
    return f"{number}-{'0123456789K'[digit]}"
