"""Those who look on while a world runs: checkers, and the trace that tells whether two runs were the same."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from dialer.core.messages import Command, Event, SwitchCommand


class Watcher(Protocol):
    """Whoever looks on: a checker. Each method may raise to end the run."""

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        """The engine took `event` and answered `commands`; none is carried out yet."""

    def executing(self, command: SwitchCommand) -> None:
        """The switch is about to do this."""

    def restarted(self) -> None:
        """A new process begins."""


@dataclass(slots=True)
class Trace:
    """A fingerprint of every event and command in order, and the text itself where it is wanted."""

    keep: bool = False
    lines: list[str] = field(default_factory=list)
    _hash: blake2b = field(default_factory=lambda: blake2b(digest_size=16))

    def add(self, now: float, sign: str, message: object) -> None:
        line = f"{now:.6f} {sign} {message!r}"
        self._hash.update(line.encode())
        if self.keep:
            self.lines.append(line)

    def digest(self) -> str:
        return self._hash.hexdigest()
