"""The private Asterisk, fetched on the first run with something to look at meanwhile."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from asterisk_config.lab import Lab


class _Arrived(ProgressColumn):
    """How much of it lies in a folder by now. apt tells no total in advance."""

    max_refresh = 0.5

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def render(self, task: Task) -> Text:
        size = sum(path.stat().st_size for path in self._folder.rglob("*.deb") if path.is_file())
        return Text(f"{size / 1e6:.0f} MB" if size else "")


def fetched(lab: Lab, console: Console) -> str:
    """Asterisk's version, once it is in the lab. Raises asterisk_config.lab.LabError."""
    columns = TextColumn("private Asterisk: {task.description}"), BarColumn(), _Arrived(lab.home), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("looking", total=None)
        return lab.install(lambda step: progress.update(task, description=step))
