"""Who speaks after whom: stretches of speech, turns, and how long the answers take. Pure; times in frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recordings.legs import Leg
from recordings.runs import Runs
from recordings.settings import Settings
from recordings.voice import FRAME_S


@dataclass(frozen=True, slots=True)
class Turn:
    """One side speaks, with its own short pauses, from `start` until before `end`."""

    leg: Leg
    start: int
    end: int

    @property
    def frames(self) -> int:
        return self.end - self.start


def stretches(speech: Mapping[Leg, Runs], settings: Settings) -> list[Turn]:
    """Each side's speech with the pauses closed that are short and that the other leaves empty; by their start."""
    found = [
        Turn(leg, int(start), int(end))
        for leg, runs in speech.items()
        for start, end in _joined(runs, speech[leg.other], round(settings.turn_pause_s / FRAME_S))
    ]
    return sorted(found, key=lambda turn: (turn.start, turn.end, turn.leg))


def _joined(own: Runs, other: Runs, pause_max: int) -> Runs:
    if len(own) < 2:
        return own
    ends, starts = own[:-1, 1], own[1:, 0]
    # Speech of the other that begins before the pause is over, less that which ended before it began.
    heard = np.searchsorted(other[:, 0], starts) > np.searchsorted(other[:, 1], ends, side="right")
    kept = heard | (starts - ends > pause_max)
    return np.column_stack([own[np.append(True, kept), 0], own[np.append(kept, True), 1]])


def turns(spoken: list[Turn], settings: Settings) -> list[Turn]:
    """The stretches that take the word, those of one side in a row as one turn.

    A short stretch that begins and ends within the other's is a sign of listening, and takes no turn.
    """
    short = round(settings.backchannel_max_s / FRAME_S)
    taken: list[Turn] = []
    last_end = dict.fromkeys(Leg, 0)
    for stretch in spoken:
        within = stretch.end <= last_end[stretch.leg.other]
        last_end[stretch.leg] = max(last_end[stretch.leg], stretch.end)
        if within and stretch.frames < short:
            continue
        if taken and taken[-1].leg is stretch.leg:
            taken[-1] = Turn(stretch.leg, taken[-1].start, stretch.end)
        else:
            taken.append(stretch)
    return taken


def responses_s(taken: list[Turn]) -> dict[Leg, list[float]]:
    """For each side, how long after the other's turn its own began; below zero where it began before the end."""
    waits: dict[Leg, list[float]] = {leg: [] for leg in Leg}
    for before, after in pairwise(taken):
        waits[after.leg].append((after.start - before.end) * FRAME_S)
    return waits
