"""What the day left behind, asked for as any user would: by `dialer report`."""

import json
from datetime import datetime, timedelta
from typing import Any

from dialer.web.client import Json
from simulation.demo.children import Child, dialer
from simulation.demo.folder import Folder

MARGIN = timedelta(minutes=1)


class Records:
    """The reports of a dialer that has ended. `since`: when the demo began."""

    def __init__(self, folder: Folder, since: datetime) -> None:
        self._folder = folder
        self._since = since - MARGIN

    def read(self) -> tuple[Json, list[Json]]:
        """The day in figures, and its calls. Raises ChildError."""
        figures, calls = self._ask(), self._ask("--calls")
        return _answer(figures), _answer(calls)

    def _ask(self, *options: str) -> Child:
        since = self._since.strftime("%Y-%m-%dT%H:%M:%S")
        arguments = *options, "-c", str(self._folder.config), "--since", since, "--json", "-"
        return dialer("report", *arguments, log=self._folder.log("dialer-report"))


def _answer(child: Child) -> Any:  # noqa: ANN401 - whatever JSON holds
    return json.loads(child.result())
