"""Whether the day kept its laws, judged from its own records: calls as the API lists them, recordings as files.

Pure but for reading the recordings. Decides nothing and mends nothing.
"""

import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dialer.web.client import Json

LEGS = ("customer", "agent")
FRAME_S = 0.02
LOUD = 0.01  # of full scale (-40 dB): speech is far above, the noise of a quiet line far below
LOUD_S = 0.2  # of such frames in all make a leg audible
JUDGED_S = 3.0  # in a shorter talk somebody may well have said nothing yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """What was found. `both_legs`: recordings in which both are heard; `short`: of talks shorter than JUDGED_S."""

    without_outcome: int
    on_two_calls: int
    bridged: int
    recorded: int
    both_legs: int
    short: int
    silent: tuple[str, ...]  # base names of those that should have both legs and have not

    @property
    def kept(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.without_outcome or self.on_two_calls or self.silent or self.recorded < self.bridged)


def laws(calls: Sequence[Json], recordings: Path) -> Laws:
    """Judge the calls of a day that is over, and their recordings below the folder."""
    bridged = [call for call in calls if call["bridged_at"] is not None]
    recorded = [call for call in bridged if (recordings / f"{call['recording']}.wav").is_file()]
    both = {call["recording"]: _both_legs(recordings, call["recording"]) for call in recorded}
    short = {call["recording"] for call in recorded if _talk_s(call) < JUDGED_S}
    return Laws(
        without_outcome=sum(call["placed_at"] is not None and call["outcome"] is None for call in calls),
        on_two_calls=overlaps(bridged),
        bridged=len(bridged),
        recorded=len(recorded),
        both_legs=sum(both.values()),
        short=len(short),
        silent=tuple(sorted(name for name, heard in both.items() if not heard and name not in short)),
    )


def overlaps(bridged: Iterable[Json]) -> int:
    """How often an agent was connected with a call while still talking in another."""
    by_agent: dict[int, list[tuple[float, float]]] = {}
    for call in bridged:
        talk = call["bridged_at"], call["ended_at"] if call["ended_at"] is not None else float("inf")
        by_agent.setdefault(call["agent"], []).append(talk)
    return sum(later[0] < earlier[1] for talks in by_agent.values() for earlier, later in pairwise(sorted(talks)))


def audible(path: Path) -> bool:
    """Whether something is heard in a recording of one leg: by its energy, not by its length."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2, f"{path}: 16-bit samples are expected"
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0
    size = round(rate * FRAME_S)
    frames = samples[: samples.size // size * size].reshape(-1, size)
    loud = np.sqrt((frames**2).mean(axis=1)) > LOUD
    return bool(loud.sum() * FRAME_S >= LOUD_S)


def _both_legs(recordings: Path, base: str) -> bool:
    legs = [recordings / f"{base}-{leg}.wav" for leg in LEGS]
    return all(leg.is_file() and audible(leg) for leg in legs)


def _talk_s(call: Json) -> float:
    return float((call["ended_at"] or call["bridged_at"]) - call["bridged_at"])
