"""What every benchmark prints: where it ran, and a table."""

import os
import platform
from collections.abc import Iterable, Sequence


def machine() -> str:
    """The machine in a line: figures of a busy or a small one mean less."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, load {load:.1f} at the start, Python {platform.python_version()}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; floats with one decimal place."""
    lines = [head, ["---"] * len(head), *([_cell(one) for one in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
