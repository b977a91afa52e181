"""One trunk as the engine sees it: how many calls it may take now, and whether its carrier still carries them.

A trunk is judged by rates against its own past, never by one call. Four shares are watched, each by a cumulative sum
of log-likelihood ratios (Page 1954): calls that the carrier refused, calls of which nothing at all was heard, calls
whose first sign came late, and calls that were busy at once. A final answer about the person (busy, switched off, no
such number) is a sign of life, with or without ringing before it; that nearly everybody is engaged before a phone could
ring is the carrier's own word. This module must not know of campaigns, agents or the switch's own words.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, log

from dialer.core import model
from dialer.core.ids import CallId
from dialer.core.outcomes import EndedBy, Ending, Outcome

ALARM = 11.0  # of the cumulative sum; a false alarm is expected less than once in e**ALARM = 60,000 calls
MARGIN = 0.10  # what the share may exceed its baseline by without a meaning
BASELINE_MAX = 0.40  # a share above this is no baseline to be content with
BASELINE_CALLS = 500.0  # the baseline's memory
PRIOR_SHARE = 0.05
PRIOR_CALLS = 50.0

MUTE_AFTER_S = 15.0  # a call in flight of which nothing was heard for so long speaks against the trunk
CUT_OFF_MIN_S = 8.0  # a call that we ended sooner says nothing about the trunk
TIMER_B_S = 31.0  # 408 after 32 s is the switch's own: the carrier never replied to the INVITE (RFC 3261, 17.1.1.2)
SLOW_MIN_S = 10.0
ENGAGED_MAX_S = 4.0  # busy within this, and never a sign before: perhaps the carrier's own word
SLOW_FACTOR = 3.0  # a post-dial delay of so many times its own mean is slow
DELAY_CALLS = 200.0  # the mean's memory

REST_MIN_S = 30.0
REST_MAX_S = 600.0
HEALTHY_AGAIN_S = 900.0  # healthy for so long: the next rest is a short one again
PROBES_GOOD = 3  # so many carried calls end the probing well,
PROBES_BAD = 2  # so many others end it with a longer rest

REFUSALS = frozenset({401, 402, 403, 407, 488, 500, 501, 502, 503, 504, 505, 580, 606})  # SIP: the carrier's own no


class Sign(StrEnum):
    """What may be heard of a call before it ends."""

    PROGRESS = "progress"
    RING = "ring"
    ANSWER = "answer"


class Health(StrEnum):
    HEALTHY = "healthy"
    RESTING = "resting"
    PROBING = "probing"


class Fault(StrEnum):
    """What a trunk is watched for, by its share of the calls."""

    REFUSED = "refused"
    NO_SIGN = "no_sign"
    LATE_SIGN = "late_sign"
    BUSY_AT_ONCE = "busy_at_once"


PROBE_FAILED = "probe_failed"
_SAID = {
    Fault.REFUSED: "refused by the carrier",
    Fault.NO_SIGN: "without any sign",
    Fault.LATE_SIGN: "with a late first sign",
    Fault.BUSY_AT_ONCE: "busy at once",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One share as it stands: evidence from 0 to the alarm's 1, what is usual here, and of the latest calls the bad."""

    fault: Fault
    evidence: float
    usual: float
    bad: int
    calls: int


@dataclass(frozen=True, slots=True)
class Failing:
    """Why a trunk was sent to rest: `bad` of its latest calls. `fault`: a `Fault`, or that of the calls that try it."""

    fault: str
    bad: int
    calls: int


@dataclass(slots=True)
class _Share:
    """The share of calls with one fault, against its own baseline."""

    fault: Fault
    weight: float = PRIOR_CALLS
    share: float = PRIOR_SHARE
    evidence: float = 0.0  # the cumulative sum
    usual: tuple[float, float] = (PRIOR_CALLS, PRIOR_SHARE)  # weight and share when nothing spoke against the trunk
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=20))

    def add(self, *, bad: bool) -> None:
        self.evidence = max(0.0, self.evidence + self.ratio(bad=bad))
        self.recent.append(bad)
        self.weight = min(self.weight + 1, BASELINE_CALLS)
        self.share += (bad - self.share) / self.weight
        if self.evidence == 0.0:
            self.usual = (self.weight, self.share)

    def ratio(self, *, bad: bool) -> float:
        """The logarithm of how much likelier this is on a bad trunk than on this one as it was."""
        usual = min(self.share + MARGIN, BASELINE_MAX)
        failing = (1 + usual) / 2
        return log(failing / usual) if bad else log((1 - failing) / (1 - usual))

    def start_over(self) -> None:
        self.weight, self.share = self.usual
        self.evidence = ALARM / 2  # a relapse is found in half the calls
        self.recent.clear()


@dataclass(slots=True)
class _InFlight:
    placed_at: float
    heard: bool = False
    carried: bool | None = None  # None: not known yet
    engaged: bool = False  # busy at once
    settled: bool = False  # no longer waited for


class Trunk:
    """The lines, the rate and the health of one trunk. Times are the engine's `now`, in seconds, never going back."""

    def __init__(self, config: model.Trunk) -> None:
        self.config = config
        self.state = Health.HEALTHY
        self.reason = ""  # a plain sentence while it is not healthy
        self.failing: Failing | None = None  # the same in figures
        self.opens_at: float | None = None  # when it may be probed, while it rests
        self._calls: dict[CallId, _InFlight] = {}
        self._unheard: dict[CallId, _InFlight] = {}  # in the order they were placed
        self._order: deque[_InFlight] = deque()  # not settled yet, in the order they were placed
        self._probe: CallId | None = None  # the one call that is being tried
        self._burst = ceil(config.calls_per_second)
        self._placed: deque[float] = deque(maxlen=self._burst)
        self._refused = _Share(Fault.REFUSED)
        self._mute = _Share(Fault.NO_SIGN)
        self._slow = _Share(Fault.LATE_SIGN)
        self._engaged = _Share(Fault.BUSY_AT_ONCE)
        self._delay_s = 3.0
        self._delay_calls = 20.0
        self._heard_at = 0.0
        self._since = 0.0
        self._rest_s = REST_MIN_S
        self._good = 0
        self._bad = 0
        self._news = False  # the shares have changed since they were looked at

    @property
    def lines(self) -> int:
        """Lines in use: every call placed and not ended."""
        return len(self._calls)

    @property
    def watched(self) -> tuple[Watched, ...]:
        """What speaks against it, share by share."""
        return tuple(
            Watched(one.fault, min(1.0, one.evidence / ALARM), one.usual[1], sum(one.recent), len(one.recent))
            for one in (self._refused, self._mute, self._slow, self._engaged)
        )

    def dial_string(self, number: str) -> str:
        """How the switch is told to dial this E.164 number here."""
        return self.config.dial.replace("{number}", self.config.written(number))

    def configure(self, config: model.Trunk) -> None:
        """Take a changed configuration; calls and health stay."""
        self.config = config
        self._burst = ceil(config.calls_per_second)
        self._placed = deque(self._placed, maxlen=self._burst)

    def room(self, now: float) -> int:
        """How many calls it may take now, by its lines, its calls per second and its health."""
        self._look(now)
        if self.state is Health.RESTING:
            return 0
        room = min(self.config.lines_max - len(self._calls), self._rate_room(now))
        if self.state is Health.PROBING:
            room = min(room, 1 if self._probe is None else 0)
        return max(0, room)

    def placed(self, now: float, call: CallId, *, watched: bool = True) -> None:
        """A call has left on this trunk. Not `watched`: its signs are not told, so that silence says nothing of it."""
        if call in self._calls:
            return
        self._placed.append(now)
        if not watched:
            self._calls[call] = _InFlight(now, heard=True, settled=True)
            return
        one = self._calls[call] = self._unheard[call] = _InFlight(now)
        self._order.append(one)
        if self.state is Health.PROBING and self._probe is None:
            self._probe = call

    def told(self, now: float, call: CallId, sign: Sign) -> None:
        """Something was heard of the call. Only the first sign counts for its delay."""
        one = self._calls.get(call)
        if one is None:
            return
        if not one.heard:
            one.heard = True
            del self._unheard[call]
            self._heard_at = now
            self._first_sign(one, now - one.placed_at)
        if sign is not Sign.PROGRESS:  # a carrier may refuse after early media
            one.carried = True
            self._probed(call, good=True)
        self._look(now)

    def ended(self, now: float, call: CallId, outcome: Outcome, ending: Ending | None) -> None:
        """The call is over; `ending` is the switch's word, None where nobody saw it: that says nothing of the trunk."""
        one = self._calls.pop(call, None)
        if one is None:
            return
        self._unheard.pop(call, None)
        if ending is not None and outcome is not Outcome.UNKNOWN:
            self._over(now, call, one, outcome, ending)
        elif one.carried is None:
            one.settled = True
        if self._probe == call:
            self._probe = None
        self._look(now)

    def _over(self, now: float, call: CallId, one: _InFlight, outcome: Outcome, ending: Ending) -> None:
        age_s = now - one.placed_at
        ours = ending.by in (EndedBy.TIMEOUT, EndedBy.DIALER, EndedBy.AGENT)
        if outcome in (Outcome.CONGESTION, Outcome.FAILED) or ending.tech_cause in REFUSALS:
            self._heard_at = now
            self._carried(call, one, good=False)
        elif self._is_fake(one, outcome, age_s):
            self._heard_at = now
            if not one.heard:
                self._count(one, self._mute, bad=False)
            one.engaged = True
            self._probed(call, good=False)
            self._carried(call, one, good=True)
        elif one.heard or not (ours or (ending.tech_cause == 408 and age_s >= TIMER_B_S)):
            self._heard_at = now
            if not one.heard:
                self._count(one, self._mute, bad=False)
            self._carried(call, one, good=True)
        else:
            one.settled = True
            if age_s >= CUT_OFF_MIN_S:
                self._count(one, self._mute, bad=True)
                self._probed(call, good=False)

    @staticmethod
    def _is_fake(one: _InFlight, outcome: Outcome, age_s: float) -> bool:
        """Busy sooner than a phone could ring. People's lines are engaged now and then; all of them never are."""
        return outcome is Outcome.BUSY and not one.heard and age_s <= ENGAGED_MAX_S

    def _carried(self, call: CallId, one: _InFlight, *, good: bool) -> None:
        one.carried = good
        if one.settled and not good:
            self._count(one, self._refused, bad=True)
        self._probed(call, good=good)

    def _settle(self, now: float) -> None:
        """Count what is known in the order of placing: refusals and busy lines are known before anything else is."""
        while self._order:
            one = self._order[0]
            overdue = now - one.placed_at > MUTE_AFTER_S
            if not (one.settled or overdue or one.carried is not None):
                return
            self._order.popleft()
            if not one.settled and (one.heard or one.carried is not None):
                self._count(one, self._refused, bad=one.carried is False)
                self._count(one, self._engaged, bad=one.engaged)
            one.settled = True

    def _first_sign(self, one: _InFlight, delay_s: float) -> None:
        self._count(one, self._mute, bad=False)
        self._count(one, self._slow, bad=delay_s > max(SLOW_MIN_S, SLOW_FACTOR * self._delay_s))
        self._delay_calls = min(self._delay_calls + 1, DELAY_CALLS)
        self._delay_s += (min(delay_s, SLOW_MIN_S) - self._delay_s) / self._delay_calls

    def _count(self, one: _InFlight, share: _Share, *, bad: bool) -> None:
        """As evidence, while healthy: what was placed before the last rest says nothing of the trunk as it is now."""
        if self.state is Health.HEALTHY and one.placed_at >= self._since:
            share.add(bad=bad)
            self._news = True

    def _probed(self, call: CallId, *, good: bool) -> None:
        if self._probe == call:
            self._probe = None
            self._good += good
            self._bad += not good

    def _look(self, now: float) -> None:
        if self._order:
            self._settle(now)
        if self.state is Health.HEALTHY:
            if self._news or (self._unheard and now - next(iter(self._unheard.values())).placed_at > MUTE_AFTER_S):
                self._look_at_shares(now)
        elif self.state is Health.PROBING:
            self._look_at_probes(now)
        elif self.opens_at is not None and now >= self.opens_at:
            self._try_again(now)

    def _look_at_shares(self, now: float) -> None:
        count = self._unheard_since(max(self._heard_at, self._since), now) if self._unheard else 0
        if not (count or self._news):
            return
        self._news = False
        pending = count * self._mute.ratio(bad=True) if count else 0.0
        refused, slow, engaged = self._refused.evidence, self._slow.evidence, self._engaged.evidence
        if max(refused, slow, engaged, self._mute.evidence + pending) < ALARM:
            return
        watched = ((self._refused, 0.0, 0), (self._slow, 0.0, 0), (self._engaged, 0.0, 0), (self._mute, pending, count))
        for share, more, calls in watched:
            if share.evidence + more >= ALARM:
                bad, of = sum(share.recent) + calls, len(share.recent) + calls
                failing = Failing(share.fault, bad, of)
                self._rest(now, failing, f"{bad} of the last {of} calls {_SAID[share.fault]}")
                return

    def _unheard_since(self, since: float, now: float) -> int:
        """Calls placed after `since`, the last sign of any call, and overdue with a sign of their own."""
        count = 0
        for one in self._unheard.values():
            if now - one.placed_at <= MUTE_AFTER_S:
                break
            count += one.placed_at > since
        return count

    def _look_at_probes(self, now: float) -> None:
        probe = self._unheard.get(self._probe) if self._probe is not None else None
        if probe is not None and now - probe.placed_at > MUTE_AFTER_S:
            self._probe = None
            self._bad += 1
        if self._good >= PROBES_GOOD:
            self._heal(now)
        elif self._bad >= PROBES_BAD:
            of = self._bad + self._good
            self._rest(now, Failing(PROBE_FAILED, self._bad, of), f"{self._bad} of {of} probing calls not carried")

    def _rest(self, now: float, failing: Failing, why: str) -> None:
        if self.state is Health.HEALTHY:
            long_ago = now - self._since > HEALTHY_AGAIN_S
            self._rest_s = REST_MIN_S if long_ago else min(2 * self._rest_s, REST_MAX_S)
        else:
            self._rest_s = min(2 * self._rest_s, REST_MAX_S)
        self.state, self.failing = Health.RESTING, failing
        self.opens_at = now + self._rest_s
        self.reason = f"{why}; rests for {self._rest_s:g} s"

    def _try_again(self, now: float) -> None:
        self.state = Health.PROBING
        self.reason = "after its rest it is tried with single calls"
        self.opens_at = None
        self._since = now
        self._probe = None
        self._good = self._bad = 0

    def _heal(self, now: float) -> None:
        self.state = Health.HEALTHY
        self.reason, self.failing = "", None
        self._since = now
        for share in (self._refused, self._mute, self._slow, self._engaged):
            share.start_over()
        self._news = True

    def _rate_room(self, now: float) -> int:
        """Carriers count a sliding second, so no stretch of that length ever holds more calls than the rate allows."""
        burst = self._burst
        window_s = burst / self.config.calls_per_second
        while self._placed and now - self._placed[0] >= window_s:
            self._placed.popleft()
        return burst - len(self._placed)
