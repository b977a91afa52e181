"""When a list is through: as futures saw it, or at their pace beyond them, in the hours in which the campaign dials."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dialer.core.packs.hours import local_day, open_spans, zone_of
from dialer.core.packs.schema import Hours
from dialer.core.rules import Rules
from simulation.figures import Figures
from simulation.intervals import Interval
from simulation.whatif.clear import day_of

WEEK_S = 7 * 86_400.0
AHEAD_DAYS = 366


class DiallingHours:
    """The hours of these rules by the clock of one zone, counted from an instant on."""

    def __init__(self, rules: Rules, zone: str, at: float) -> None:
        self._hours = tuple(Hours(one.days, one.opens_min, one.closes_min) for one in rules.windows)
        self._zone, self._at = zone_of(zone), at

    def _spans(self) -> Iterator[tuple[float, float]]:
        """Open stretches in seconds from the instant on, in their order, for a year."""
        day, reached = local_day(self._zone, self._at), self._at
        for ahead in range(AHEAD_DAYS):
            for begins, ends in open_spans(self._zone, day + ahead, self._hours):
                if ends > reached:  # windows of one day may overlap
                    yield max(begins, reached) - self._at, ends - self._at
                    reached = ends

    def open_s(self, seconds: float) -> float:
        """How many of the next seconds are open."""
        total = 0.0
        for begins, ends in self._spans():
            if begins >= seconds:
                break
            total += min(ends, seconds) - begins
        return total

    def after_s(self, open_s: float) -> float:
        """In how many seconds so many open ones will have passed; the end of the year where they have not by then."""
        left, last = open_s, 0.0
        for begins, ends in self._spans():
            if left <= ends - begins:
                return begins + left
            left, last = left - (ends - begins), ends
        return last


def list_end(figures: Sequence[Figures], hours: DiallingHours, left: int, seconds: float) -> Interval | None:
    """When each of the leads that were `left` has been dialled once more, in seconds from the beginning of futures that
    lasted `seconds`; the interval holds 9 of 10 of them.

    As if the agents of the futures were there in all hours in which the campaign may dial. None where it lasts beyond a
    week, or nothing is known of it.
    """
    if left == 0:
        return Interval(0.0, 0.0, 0.0, len(figures))
    whole_s = hours.open_s(seconds)
    ends = list[float]()
    for one in figures:
        if one.list_out_s is not None:
            ends.append(hours.open_s(one.list_out_s))
        elif one.leads and whole_s:
            ends.append(left / one.leads * whole_s)
        else:
            return None
    # Nights lie between some of them: what is reckoned with is the time in which one dials.
    found = day_of(ends)
    mean = hours.after_s(found.mean)
    if mean >= WEEK_S:
        return None
    low, high = (None if end is None else hours.after_s(end) for end in (found.low, found.high))
    return replace(found, mean=mean, low=low, high=high)
