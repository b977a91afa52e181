"""What a robot agent does next, from what is on the desk, and after how long. Pure: desk and chance in, a deed out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dialer.core.model import Mode
from dialer.web.client import Json
from simulation.carrier.numbers import Behaviour, parse

WRAP_UP_S = (3.0, 10.0)
LOOK_S = (1.0, 4.0)  # at a lead before it is dialled or skipped
BREAK_S = (8.0, 20.0)
LISTEN_S = (3.0, 7.0)  # to a machine before hanging up
HOLD_AFTER_S = (3.0, 6.0)
HOLD_S = (2.0, 5.0)
BREAK_SHARE = 0.05  # of calls, after which the agent takes a break
SKIP_SHARE = 0.1  # of leads shown
HOLD_SHARE = 0.04  # of talks
CALLBACK_S = (3600.0, 86_400.0)
BREAK_REASON = "coffee"

# Codes of a campaign's usual dispositions, by what is heard, each with its weight.
PERSON_SAYS = {"RPC": 30, "PTP": 28, "THIRD": 14, "WRONG": 8, "CALLBACK": 8, "REFUSED": 10, "DNC": 2}
OTHERS = {
    Behaviour.MACHINE: "MACHINE",
    Behaviour.PERSON_HANGS_UP: "OTHER",
    Behaviour.PERSON_HANGS_UP_SOON: "OTHER",
    Behaviour.PERSON_OPTS_OUT: "DNC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Plain ways to work, for a comparison with simulated agents: no breaks, no holds. Means in seconds."""

    wrap_up_s: float
    wrap_up_sigma: float
    machine_wrap_up_s: float
    machine_talk_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What a deed belongs to: the desk has moved on once it differs."""

    state: str
    since: float
    call: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One button, and how long a person takes before pressing it.

    `code` is a disposition's; `reason` a break's that follows it, empty for none.
    """

    verb: str
    after_s: float = 0.0
    code: str = ""
    reason: str = ""
    callback_in_s: float | None = None


def moment(desk: Json) -> Moment | None:
    """The desk's present; None before the first look at it."""
    return Moment(desk["state"], desk["since"], desk["call"]) if desk else None


def deed(desk: Json, mode: Mode, chance: Random, ways: Ways | None = None) -> Deed | None:
    """The next deed at this desk; None: wait for what comes. With `ways` all goes by them."""
    if ways is not None and desk["state"] in {"talking", "wrapping"}:
        return _plain(desk, chance, ways)
    if desk["state"] == "ready":
        return Deed(verb="dial", after_s=chance.uniform(*LOOK_S)) if mode is Mode.MANUAL else None
    habit = HABITS.get(desk["state"])
    return habit(desk, chance) if habit is not None else None


def _sign_in(_: Json, chance: Random) -> Deed:
    return Deed(verb="sign_in", after_s=chance.uniform(0.0, 0.5))


def _come_back(desk: Json, chance: Random) -> Deed:
    """From a break: one's own lasts, the one that a day begins with does not."""
    return Deed(verb="ready", after_s=chance.uniform(*BREAK_S) if desk["reason"] == BREAK_REASON else 0.1)


def _look(_: Json, chance: Random) -> Deed:
    return Deed(verb=_seldom("skip", "accept", SKIP_SHARE, chance), after_s=chance.uniform(*LOOK_S))


def _resume(_: Json, chance: Random) -> Deed:
    return Deed(verb="resume", after_s=chance.uniform(*HOLD_S))


def _seldom(seldom: str, mostly: str, share: float, chance: Random) -> str:
    return seldom if chance.random() < share else mostly


def _hears(desk: Json) -> Behaviour | None:
    script = parse(desk["number"] or "")
    return script.behaviour if script else None


def _in_talk(desk: Json, chance: Random) -> Deed | None:
    if _hears(desk) is Behaviour.MACHINE:
        return Deed(verb="hangup", after_s=chance.uniform(*LISTEN_S))
    if chance.random() < HOLD_SHARE:
        return Deed(verb="hold", after_s=chance.uniform(*HOLD_AFTER_S))
    return None


def _plain(desk: Json, chance: Random, ways: Ways) -> Deed | None:
    """A talk or its wrap-up, as simulated agents do it."""
    machine = _hears(desk) is Behaviour.MACHINE
    if desk["state"] == "talking":
        return Deed(verb="hangup", after_s=chance.uniform(0.5, 1.5) * ways.machine_talk_s) if machine else None
    if machine:
        after_s = chance.uniform(0.3, 1.7) * ways.machine_wrap_up_s
    else:
        middle = math.log(ways.wrap_up_s) - ways.wrap_up_sigma**2 / 2
        after_s = chance.lognormvariate(middle, ways.wrap_up_sigma)
    return Deed(verb="disposition", after_s=after_s, code="MACHINE" if machine else "RPC")


def _said(desk: Json, chance: Random) -> Deed:
    heard = _hears(desk)
    code = OTHERS.get(heard, "") if heard else "OTHER"
    code = code or chance.choices(list(PERSON_SAYS), list(PERSON_SAYS.values()))[0]
    return Deed(
        verb="disposition",
        after_s=chance.uniform(*WRAP_UP_S),
        code=code,
        reason=_seldom(BREAK_REASON, "", BREAK_SHARE, chance),
        callback_in_s=chance.uniform(*CALLBACK_S) if code == "CALLBACK" else None,
    )


HABITS: dict[str, Callable[[Json, Random], Deed | None]] = {
    "signed_out": _sign_in,
    "leg_lost": _sign_in,
    "break": _come_back,
    "previewing": _look,
    "talking": _in_talk,
    "holding": _resume,
    "wrapping": _said,
}
