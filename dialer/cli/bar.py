"""A progress bar that appears when the work takes long and somebody looks on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

BAR_AFTER_S = 2.0

Advance = Callable[[int, int], None]  # done, in all


@contextmanager
def bar(doing: str) -> Iterator[Advance | None]:
    """What to call with how much is done of how much; None where nobody looks on."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    begun = time.monotonic()
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(doing, visible=False)

        def advance(done: int, whole: int) -> None:
            shown.update(task, completed=done, total=whole, visible=time.monotonic() - begun > BAR_AFTER_S)

        yield advance
