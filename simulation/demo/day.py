"""The demo's day in words, in a table and as JSON. Pure: figures in, text out."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dialer.web.client import Json
from simulation.demo.checks import JUDGED_S, Laws
from simulation.demo.view import percent, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the day was played with."""

    asterisk_version: str
    mode: str
    agents: int
    leads: int
    database: str
    seconds: float


def switch_name(version: str) -> str:
    """What people call the switch."""
    return f"Asterisk {version}" if version[0].isdigit() else "the stand-in switch"


def document(setting: Setting, report: Json, laws: Laws) -> Json:
    """Everything, for `--json`."""
    kept = (
        "calls_placed",
        "outcomes",
        "answered_live",
        "connected",
        "abandoned",
        "abandon_ratio",
        "occupancy",
        "answer_to_bridge_ms",
        "wait_ms",
        "dispositions",
    )
    return {
        "asterisk_version": setting.asterisk_version,
        "mode": setting.mode,
        "agents": setting.agents,
        "leads": setting.leads,
        "seconds": round(setting.seconds, 1),
        **{key: report[key] for key in kept},
        "recordings": laws.recorded,
        "recordings_both_legs": laws.both_legs,
        "recordings_short": laws.short,
        "recordings_silent": list(laws.silent),
        "bridged": laws.bridged,
        "calls_without_outcome": laws.without_outcome,
        "agents_on_two_calls": laws.on_two_calls,
        "database": setting.database,
    }


def summary(day: Json, cap: float) -> RenderableType:
    """The day as people read it."""
    return Group(Text(_in_words(day, cap)), Text(), _table(day), Text(), Text(_in_order(day)))


def _in_words(day: Json, cap: float) -> str:
    placed, answered = day["calls_placed"], day["answered_live"]
    parts = [
        f"{day['agents']} agents worked for {day['seconds'] / 60:.1f} minutes in {day['mode']} mode "
        f"({switch_name(day['asterisk_version'])}).",
        f"{placed} calls were placed; {answered} people answered ({percent(answered / placed if placed else None)}). "
        f"Agents were connected with {day['connected']} calls, "
        f"{day['dispositions'].get('MACHINE', 0)} of them answering machines.",
        f"{day['abandoned']} people met no agent in time: {percent(day['abandon_ratio'])} of those who answered; "
        f"the cap is {percent(cap)}.",
        f"The agents were busy {percent(day['occupancy'])} of their time.",
    ]
    if (wait := day["wait_ms"]) is not None:
        parts.append(f"Half of those who answered heard an agent within {wait['p50']:.0f} ms of saying hello.")
    return " ".join(parts)


def _table(day: Json) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in _rows(day):
        table.add_row(name, value)
    return table


def _rows(day: Json) -> list[tuple[str, str]]:
    return [
        ("outcomes", _counts(day["outcomes"])),
        ("dispositions", _counts(day["dispositions"])),
        ("answer to bridge", _spread(day["answer_to_bridge_ms"])),
        ("whole wait", _spread(day["wait_ms"])),
        ("recordings", _recordings(day)),
        ("database", day["database"]),
    ]


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count} {words(name)}" for name, count in ordered) or "none"


def _spread(spread: Json | None) -> str:
    if spread is None:
        return "nothing measured"
    return (
        f"half within {spread['p50']:.1f} ms, 95 % within {spread['p95']:.1f} ms, all within {spread['max']:.1f} ms "
        f"(of {spread['n']})"
    )


def _recordings(day: Json) -> str:
    short = day["recordings_short"]
    return f"{day['recordings']} of {day['bridged']} talks, both sides heard in {day['recordings_both_legs']}" + (
        f" ({short} lasted less than {JUDGED_S:.0f} s)" if short else ""
    )


def _in_order(day: Json) -> str:
    faults = [
        f"{count} {what}"
        for count, what in (
            (day["calls_without_outcome"], "calls without an outcome"),
            (day["agents_on_two_calls"], "times an agent was on two calls"),
            (day["bridged"] - day["recordings"], "talks without a recording"),
            (len(day["recordings_silent"]), "recordings in which one side is silent"),
        )
        if count
    ]
    if faults:
        return "Not in order: " + ", ".join(faults) + "."
    return "In order: every call has its outcome, no agent was on two calls, every talk was recorded with both sides."
