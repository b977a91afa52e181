"""Pips in a recording: when each side sounded, and which digits it said.

Both far ends of the lab sound at each whole second of one clock, so their places on the two sides of a recording tell
by how much the sides are out of step; the digits tell whose voices they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.carrier.audio import PIP_HIGH_HZ, PIP_LOW_HZ, PIP_S

RATE_HZ = 8_000
_HOP = RATE_HZ // 1000  # 1 ms
_WINDOW = 5 * _HOP
_LOUD = 0.05  # of the pip's level; its ends are soft
_SHORTEST_S = 0.8 * PIP_S  # what is shorter was cut by the beginning or the end of the talk
_SAME_S = 0.4  # pips closer than that are those of one second

Sound = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pip:
    """When it began, in seconds of the recording, and its two digits."""

    at_s: float
    says: str


def pips(side: Sound) -> tuple[Pip, ...]:
    """All whole pips of one side, whose samples are between -1 and 1."""
    return tuple(
        Pip(first / RATE_HZ, _digits(side[first:last]))
        for first, last in _stretches(side)
        if (last - first) / RATE_HZ >= _SHORTEST_S
    )


def apart_s(agent: tuple[Pip, ...], person: tuple[Pip, ...]) -> tuple[float, ...]:
    """By how much the agent's side lags, for each second in which both sounded."""
    return tuple(
        one.at_s - other.at_s for one in agent for other in person if abs(one.at_s - other.at_s) < _SAME_S
    )  # fmt: skip


def strays_s(side: tuple[Pip, ...]) -> dict[float, float]:
    """By how much each pip of a side, by its time, is off that side's own beat of whole seconds.

    A far end that is late once strays for one pip and comes back; a recorder that lost or added sound moves the beat.
    """
    if not side:
        return {}
    off = np.array([one.at_s - side[0].at_s for one in side])
    off -= np.round(off)
    return {one.at_s: float(stray) for one, stray in zip(side, off - np.median(off), strict=True)}


def late_s(agent: tuple[Pip, ...], person: tuple[Pip, ...], limit_s: float) -> tuple[tuple[float, float], ...]:
    """For each second whose sides are further apart than the limit: how far the agent's and the person's pip stray."""
    of_agent, of_person = strays_s(agent), strays_s(person)
    return tuple(
        (of_agent[one.at_s], of_person[other.at_s])
        for one in agent
        for other in person
        if limit_s < abs(one.at_s - other.at_s) < _SAME_S
    )


def _stretches(side: Sound) -> Iterator[tuple[int, int]]:
    """From the first to the last loud sample of each burst."""
    power = np.convolve(side**2, np.full(_WINDOW, 1 / _WINDOW), mode="same")[::_HOP]
    loud = np.concatenate([[False], np.sqrt(power) > _LOUD, [False]])
    edges = np.flatnonzero(loud[1:] != loud[:-1])
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(begin) * _HOP, min(int(end) * _HOP, len(side))


def _digits(burst: Sound) -> str:
    middle = burst[len(burst) // 6 : -len(burst) // 6]
    lines = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), RATE_HZ))  # 1 Hz each
    return "".join(str(max(range(10), key=lambda n: lines[scale[n]])) for scale in (PIP_LOW_HZ, PIP_HIGH_HZ))
