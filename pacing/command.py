"""`dialer pace`: pacing as a filter, one JSON object a line, facts in and decisions out; and how good it can get.

The only module here that reads and writes. Whatever the lines are, it neither stops nor miscounts: what cannot be
understood is told on standard error with its line number, and left out.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pacing import bounds
from pacing.calls import Outcome
from pacing.decision import LOCALES, sentence
from pacing.host_clock import HostClock
from pacing.pacer import Pacer
from pacing.settings import (
    MOST_OF_ALL,
    Limits,
    PacingError,
    Policy,
    Settings,
    VicidialOptions,
    WindowKind,
    require,
    require_range,
)

BYTE_ORDER_MARK = "\ufeff"  # some systems begin a text with it
ID, TIME, TEXT, SHARE = "an id (a string or a number)", "a number", "a string", "a number from 0 to 1"

# type -> (required keys, optional keys), each with what it must be. `t` is common to all.
FACTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "agent_ready": ({"agent": ID}, {}),
    "agent_talking": ({"agent": ID}, {}),
    "agent_wrapping": ({"agent": ID}, {}),
    "agent_free_at": ({"agent": ID, "at": TIME}, {}),
    "agent_free_by": ({"agent": ID, "at": TIME}, {}),
    "agent_leaves_at": ({"agent": ID, "at": TIME}, {}),
    "agent_left": ({"agent": ID}, {}),
    "call_placed": ({"call": ID}, {"segment": TEXT, "p_answer": SHARE}),
    "call_progress": ({"call": ID}, {}),
    "call_ringing": ({"call": ID}, {}),
    "call_answered": ({"call": ID}, {}),
    "call_connected": ({"call": ID, "agent": ID}, {}),
    "call_ended": ({"call": ID, "outcome": TEXT}, {}),
    "closes_at": ({"at": TIME}, {}),
}
SETTINGS = {field.name for field in fields(Settings)} - {"rules", "vicidial"}
VICIDIAL = {field.name for field in fields(VicidialOptions)}
CHOICES: dict[str, type[StrEnum]] = {"policy": Policy, "window": WindowKind}
LIMITS = {field.name for field in fields(Limits)}
BOUND_AGENTS_MAX = 150
BOUND_CALLS_MAX = 1000  # agents over their answer share: the exact optimum then takes a minute ...
BOUND_CALLS_QUICK = 200  # ... and no more than two seconds up to here
COUNTS = {"lines_free", "calls_max", "waiting_elsewhere"}


def is_number(value: object) -> bool:
    """A finite number of JSON; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


FITS: dict[str, Callable[[Any], bool]] = {
    ID: lambda value: isinstance(value, str) or is_number(value),
    TIME: is_number,
    TEXT: lambda value: isinstance(value, str),
    SHARE: lambda value: is_number(value) and 0 <= value <= 1,
}


class Filter:
    """One campaign driven by lines. `complain` is told what could not be understood, with the number of the line."""

    def __init__(self, complain: Callable[[str], None], *, why: bool = False, locale: str = "en") -> None:
        self._complain = complain
        self._why = why
        self._locale = locale
        self._number = 0
        self._clock = HostClock()
        self._lines_max: float = math.inf
        self._pacer = Pacer(Settings())

    def answers(self, lines: Iterable[str]) -> Iterator[str]:
        """The answer to each `decide` among the lines."""
        for line in lines:
            answer = self.feed(line)
            if answer is not None:
                yield answer

    def feed(self, line: str) -> str | None:
        """Take one line; the answer where it asks for a decision."""
        self._number += 1
        if not line.strip():
            return None
        try:
            message = json.loads(line.removeprefix(BYTE_ORDER_MARK))
        except (ValueError, RecursionError) as error:
            self._warn(f"not JSON: {error}")
            return None
        if not isinstance(message, dict):
            self._warn("not a JSON object")
            return None
        match message.get("type"):
            case "start":
                self._start(message)
            case "decide":
                return self._decide(message)
            case str(kind) if kind in FACTS:
                self._tell(kind, message)
            case kind:
                self._warn(f"unknown type {kind!r}")
        return None

    def _warn(self, text: str) -> None:
        self._complain(f"line {self._number}: {text}")

    def _start(self, message: dict[str, Any]) -> None:
        """Settings; a later start changes them and keeps counts, so that a repeated line does no harm."""
        settings = self._pacer.settings
        for key, value in message.items():
            if key == "lines_max":
                if is_number(value) and value >= 0:
                    self._lines_max = value
                else:
                    self._warn(f"lines_max is {value!r}; it must be a number from 0 on")
            elif key not in ("type", "t"):
                settings = self._set(settings, key, value)
        if self._clock.latest == -math.inf:  # nothing was told yet
            self._pacer = Pacer(settings)
        elif settings != self._pacer.settings:
            self._pacer.change(self._clock.latest, settings)

    def _set(self, settings: Settings, key: str, value: object) -> Settings:
        if key != "vicidial" and key not in SETTINGS:
            self._warn(f"unknown key {key!r} in start")
            return settings
        if key in CHOICES and value not in list(CHOICES[key]):
            self._warn(f"{key} is {value!r}; there are {', '.join(CHOICES[key])}")
            return settings
        if key == "vicidial":
            return self._set_vicidial(settings, value)
        try:
            return replace(settings, **{key: value})  # type: ignore[arg-type]
        except (PacingError, ValueError, TypeError) as error:
            self._warn(f"{key}: {error}")
            return settings

    def _set_vicidial(self, settings: Settings, value: object) -> Settings:
        if not isinstance(value, dict):
            self._warn(f"vicidial is {value!r}; it must be an object")
            return settings
        unknown = value.keys() - VICIDIAL
        if unknown:
            self._warn(f"vicidial: unknown {', '.join(sorted(unknown))}")
        try:
            return replace(settings, vicidial=VicidialOptions(**{key: value[key] for key in value.keys() & VICIDIAL}))
        except (PacingError, ValueError, TypeError) as error:
            self._warn(f"vicidial: {error}")
            return settings

    def _time(self, message: dict[str, Any]) -> float | None:
        t = message.get("t")
        if not is_number(t):
            self._warn(f"t is {t!r}; it must be a number of seconds")
            return None
        odd = self._clock.read(float(t))  # type: ignore[arg-type]
        if odd:
            self._warn(odd)
        return self._clock.latest

    def _tell(self, kind: str, message: dict[str, Any]) -> None:
        required, optional = FACTS[kind]
        arguments: dict[str, Any] = {}
        for key, form in (required | optional).items():
            if key not in message and key in optional:
                continue
            value = message.get(key)
            if kind == "closes_at" and key in message and value is None:
                arguments[key] = None
            elif FITS[form](value):
                arguments[key] = value
            else:
                self._warn(f"{kind}: {key} is {value!r}; it must be {form}")
                if key in required:
                    return
        unknown = message.keys() - required.keys() - optional.keys() - {"type", "t"}
        if unknown:
            self._warn(f"{kind}: unknown {', '.join(sorted(unknown))}")
        if kind == "call_ended" and arguments["outcome"] not in list(Outcome):
            self._warn(f"call_ended: unknown outcome {arguments['outcome']!r}; taken as failed")
            arguments["outcome"] = Outcome.FAILED
        t = self._time(message)
        if t is None:
            return
        if arguments.get("at") is not None:
            arguments["at"] += self._clock.offset
        ignored = self._pacer.ignored
        getattr(self._pacer, kind)(t, **arguments)
        if self._pacer.ignored > ignored:
            self._warn(f"{kind}: unknown, late or repeated; ignored")

    def _whole_counts(self, message: dict[str, Any]) -> dict[str, Any]:
        """Counts may be told as 3.0, as -1 when more is in use than there is, or as a part: they bind all the same."""
        message = dict(message)
        for key in sorted(COUNTS & message.keys()):
            told = message[key]
            if is_number(told) and (isinstance(told, float) or told < 0):
                message[key] = max(0, math.floor(told))
                if message[key] != told:
                    self._warn(f"decide: {key} is {told!r}; taken as {message[key]}")
        return message

    def _decide(self, message: dict[str, Any]) -> str:
        """Always an answer: whoever asks waits for it."""
        t = self._time(message)
        limits = Limits()
        if math.isfinite(self._lines_max):
            lines = max(0, int(self._lines_max) - self._pacer.live_calls)
            limits = replace(limits, lines_free=min(MOST_OF_ALL, lines))
        for key, value in self._whole_counts(message).items():
            if key in LIMITS:
                try:
                    limits = replace(limits, **{key: value})
                except (PacingError, TypeError) as error:
                    self._warn(f"decide: {key}: {error}")
            elif key not in ("type", "t"):
                self._warn(f"decide: unknown key {key!r}")
        decision = self._pacer.decide(self._clock.latest if t is None else t, limits)
        answer: dict[str, object] = {"calls": decision.calls, "reason": sentence(decision, self._locale)}
        if self._why:
            answer["why"] = asdict(decision.why)
        return json.dumps(answer, ensure_ascii=False)


pace = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@pace.callback()
def filter_lines(
    context: typer.Context,
    *,
    why: Annotated[bool, typer.Option("--why", help="Add the figures behind each decision to its answer.")] = False,
    locale: Annotated[str, typer.Option(help=f"Language of the reasons: {', '.join(LOCALES)}.")] = "en",
) -> None:
    """Pace calls for any dialer or simulator: events in on standard input, decisions out, one JSON object a line.

    Begin with {"type":"start","policy":"predictive","abandon_cap":0.03}, tell facts such as
    {"t":0.0,"type":"agent_ready","agent":"a1"} and {"t":1.0,"type":"call_placed","call":1}, and ask with
    {"t":1.5,"type":"decide"}. Only that line is answered: {"calls":3,"reason":"..."}. Times are seconds from any
    origin.
    """
    if context.invoked_subcommand is not None:
        return
    if locale not in LOCALES:
        raise typer.BadParameter(f"{locale!r}; there are {', '.join(LOCALES)}", param_hint="--locale")
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    filtering = Filter(lambda text: print(text, file=sys.stderr), why=why, locale=locale)  # noqa: T201
    try:
        for answer in filtering.answers(sys.stdin):
            print(answer, flush=True)  # noqa: T201
    except BrokenPipeError:
        sys.stderr.close()  # nobody listens any more; nothing is left to tell


@pace.command()
def bound(
    *,
    agents: Annotated[int, typer.Option(min=1, max=BOUND_AGENTS_MAX, help="Agents at work.")],
    answers: Annotated[float, typer.Option(help="Share of the calls placed that are answered, as 0.25.")],
    ring: Annotated[float, typer.Option(help="Mean seconds from placing a call to its answer or end.")] = 12.0,
    handle: Annotated[float, typer.Option(help="Mean seconds of talk and wrap-up.")] = 200.0,
    cap: Annotated[float, typer.Option(help="Share of the answers that may be abandoned, as 0.03.")] = 0.03,
    reached: Annotated[float | None, typer.Option(help="The occupancy that was reached, as 0.84, to compare.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON to this file (-: standard output).")
    ] = None,
) -> None:
    """Tell how good pacing can get on a floor with these means: the exact optimum, and what simpler dialling reaches.

    Of a memoryless floor (exponential times, an answer without a free agent is abandoned at once) it is a bound; for a
    real floor, whose calls and talks can be foreseen a little, a yardstick.
    """
    try:
        require_range("answers", answers, 0.001, 1)
        calls = agents / answers
        require(calls <= BOUND_CALLS_MAX, "with so many agents and so few answers it would take very long")
        require_range("ring", ring, 0.1, 600)
        require_range("handle", handle, 1, 36_000)
        require_range("reached", 1.0 if reached is None else reached, 0.001, 1)
        if calls > BOUND_CALLS_QUICK:
            print("solving; this may take a minute", file=sys.stderr)  # noqa: T201
        best = bounds.optimum(agents=agents, answer_share=answers, ring_s=ring, handle_s=handle, cap=cap)
    except PacingError as error:
        raise typer.BadParameter(str(error)) from error
    found = {
        "optimum": best.occupancy,
        "one_for_each": bounds.strict_zero_occupancy(answers, ring, handle),
        "blind_rate": bounds.blind_occupancy(agents, cap),
    }
    if json_file is not None:
        more = {"price_s": best.price, "in_flight": best.in_flight, "reached": reached}
        _write(json.dumps({"abandoned": best.abandon, **found, **more}), json_file)
        return
    for line in _bound_lines(best, found, handle, reached):
        print(line)  # noqa: T201


def _write(text: str, file: Path) -> None:
    if file == Path("-"):
        print(text)  # noqa: T201
        return
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file}: cannot be written ({error.strerror})", param_hint="--json") from error


def _bound_lines(best: bounds.Optimum, found: dict[str, float], handle_s: float, reached: float | None) -> list[str]:
    """A table of occupancies and waits, and what the best policy does."""
    names = {
        "optimum": f"exact optimum, {best.abandon:.1%} abandoned",
        "one_for_each": "one call for each free agent, nobody abandoned",
        "blind_rate": "a constant rate, as many abandoned (Erlang B)",
    }
    rows = [(names[name], occupancy) for name, occupancy in found.items()]
    if reached is not None:
        points = 100 * (best.occupancy - reached)
        rows.append((f"reached, {abs(points):.1f} points {'below' if points >= 0 else 'above'} the optimum", reached))
    lines = [f"{'':48}occupancy   idle s a call"]
    lines += [f"{name:48}{share:9.1%}{handle_s * (1 - share) / share:16.1f}" for name, share in rows if share > 0]
    levels = ", ".join(f"{calls} with {free} free" for free, calls in enumerate(best.in_flight[:6]))
    return [*lines, f"\nThe optimum keeps in flight: {levels}{' and so on' if len(best.in_flight) > 6 else ''}.",
            f"An abandoned call is worth {best.price:.0f} agent-seconds there."]  # fmt: skip
