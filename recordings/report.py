"""A measured call as JSON and as a few lines for a person. Nothing is measured here."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from recordings.legs import Leg
from recordings.measures import CallAudio, Flag, LegMeasures, Stretch

SHOWN_MAX = 5  # of a list of stretches

_FLAGS = {
    Flag.DEAD_AIR: "dead air",
    Flag.TALK_OVER: "much talk-over",
    Flag.ONE_WAY: "one-way audio",
    Flag.NO_AUDIO: "no audio on either side",
    Flag.CLIPPING: "clipping",
    Flag.TOO_QUIET: "too quiet",
    Flag.LATE_FIRST_WORD: "the agent's first word is late or missing",
    Flag.HUNG_UP_ON_GREETING: "hung up on the greeting",
}


def as_json(value: object) -> object:
    """The value with its fields as keys, numbers to four places."""
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


def lines_of(name: str, call: CallAudio) -> Iterator[str]:
    """A short report."""
    yield f"{name}: {_clock(call.duration_s)}, {call.rate_hz} Hz, {call.format}"
    if call.legs_differ_s >= 0.2:
        yield f"one leg's file is {call.legs_differ_s:.1f} s shorter than the other's"
    yield f"nobody speaks {_per_cent(call.silence_share)}, both at once {_per_cent(call.talk_over_share)}"
    by = f" ({call.longest_monologue_by})" if call.longest_monologue_by else ""
    yield f"{call.turns} turns, longest monologue {call.longest_monologue_s:.1f} s{by}"
    first = call.first_agent_speech_s
    yield "the agent says nothing" if first is None else f"agent's first word after {first:.1f} s"
    for leg, measures in ((Leg.AGENT, call.agent), (Leg.CUSTOMER, call.customer)):
        yield from _leg_lines(leg, measures)
    if call.dead_air:
        yield f"dead air: {_places(call.dead_air)}"
    yield "flags: " + (", ".join(_FLAGS[flag] for flag in call.flags) or "none")


def _leg_lines(leg: Leg, measures: LegMeasures) -> Iterator[str]:
    loudness = "" if measures.loudness_dbfs is None else f" at {measures.loudness_dbfs:.0f} dBFS"
    answers = "" if measures.response_median_s is None else f", answers after {measures.response_median_s:.1f} s"
    yield (
        f"{leg:8} speaks {_per_cent(measures.speech_share)}{loudness}, noise {measures.noise_floor_dbfs:.0f} dBFS, "
        f"clipped {100 * measures.clipping_share:.2f} %{answers}"
    )
    if measures.music:
        yield f"{'':8} music: {_places(measures.music)}"
    if measures.beeps:
        beeps = [f"{_clock(beep.at_s)} ({beep.seconds:.1f} s, {beep.hz:.0f} Hz)" for beep in measures.beeps]
        yield f"{'':8} tones: {_some(beeps)}"


def _places(stretches: tuple[Stretch, ...]) -> str:
    return _some([f"{_clock(one.at_s)} ({one.seconds:.1f} s)" for one in stretches])


def _some(texts: list[str]) -> str:
    more = len(texts) - SHOWN_MAX
    return ", ".join(texts[:SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f} %"
