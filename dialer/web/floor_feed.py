"""The floor as a stream of what changed: whole at first, then once a second only what is new. Serialised once for all.

A message is {"at", "whole", "head", "campaigns", "agents", "calls", "trunks", "gone"}; where `whole`, it replaces all
that was told before. Times that only tick (how long a state has lasted) are the page's own business.
"""

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from dialer.core.alarms import Raised
from dialer.core.view import FloorView
from dialer.web.views import (
    AgentNow,
    AlarmNow,
    CallNow,
    CampaignNow,
    MonitorNow,
    TrunkNow,
)

TOPIC = "floor_changes"
_PARTS: dict[str, tuple[type[BaseModel], str, Callable[[FloorView], Iterable[object]]]] = {
    "campaigns": (CampaignNow, "id", lambda view: view.campaigns),
    "agents": (AgentNow, "id", lambda view: view.agents),
    "calls": (CallNow, "id", lambda view: view.last_calls),
    "trunks": (TrunkNow, "name", lambda view: view.trunks),
}


@dataclass(slots=True)
class Feed:
    """What one kind of client was told last."""

    _seen: dict[str, dict[Hashable, object]] = field(default_factory=dict)
    _texts: dict[str, dict[Hashable, str]] = field(default_factory=lambda: {part: {} for part in _PARTS})
    _head: str = ""
    _at: float = 0.0

    def take(self, view: FloorView, alarms: Iterable[Raised]) -> str:
        """Take the floor in; the message of what is new."""
        fresh: dict[str, list[str]] = {}
        gone: dict[str, list[Hashable]] = {}
        for part, (model, key, of) in _PARTS.items():
            fresh[part], gone[part] = self._part(part, model, key, of(view))
        self._head, self._at = _head(view, alarms), view.at
        return _message(self._at, self._head, fresh, {part: ids for part, ids in gone.items() if ids}, whole=False)

    def whole(self) -> str:
        """Everything as it was last taken in."""
        texts = {part: list(known.values()) for part, known in self._texts.items()}
        return _message(self._at, self._head, texts, {}, whole=True)

    def _part(
        self, part: str, model: type[BaseModel], key: str, values: Iterable[object]
    ) -> tuple[list[str], list[Hashable]]:
        before, texts = self._seen.get(part, {}), self._texts[part]
        now: dict[Hashable, object] = {getattr(value, key): value for value in values}
        fresh = []
        for one, value in now.items():
            if before.get(one) == value:
                continue
            text = model.model_validate(value).model_dump_json()
            if texts.get(one) != text:
                texts[one] = text
                fresh.append(text)
        gone = [one for one in texts if one not in now]
        for one in gone:
            del texts[one]
        self._seen[part] = now
        return fresh, gone


def _head(view: FloorView, alarms: Iterable[Raised]) -> str:
    shown = {
        "switch_up": view.switch_up,
        "stopped_by": view.stopped_by,
        "monitors": [MonitorNow.model_validate(one).model_dump(mode="json") for one in view.monitors],
        "alarms": [AlarmNow.of(one).model_dump(mode="json") for one in alarms],
    }
    return json.dumps(shown, separators=(",", ":"))


def _message(at: float, head: str, parts: dict[str, list[str]], gone: dict[str, list[Hashable]], *, whole: bool) -> str:
    told = ",".join(f'"{part}":[{",".join(texts)}]' for part, texts in parts.items())
    ids = json.dumps(gone, separators=(",", ":"))
    flag = "true" if whole else "false"
    return f'{{"topic":"{TOPIC}","data":{{"at":{at:.3f},"whole":{flag},"head":{head},{told},"gone":{ids}}}}}'
