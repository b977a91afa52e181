"""A fit as a scenario file: every figure with its interval and how often it was seen beside it. Pure: text out."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from math import fsum
from statistics import median
from zoneinfo import ZoneInfo

from dialer.core.model import Campaign
from pacing import Settings
from simulation import toml_values
from simulation.calibrate.fit import STEP_S, Fit, staffing
from simulation.calibrate.history import History
from simulation.calibrate.wording import told
from simulation.past import PastError
from simulation.scenario import CODES, Scenario
from simulation.texts import ENGLISH, Tongue
from simulation.world.carrier import Carrier
from simulation.world.habits import Habits
from simulation.world.people import People
from simulation.world.shifts import WEEK

FROM_CAMPAIGN = (
    "mode", "lines_max", "ring_timeout_s", "wait_max_s", "wrap_up_max_s", "preview_max_s", "attempts_max",
)  # fmt: skip
ELSEWHERE = frozenset({"policy", "abandon_cap", "connect_within_s", "ring_timeout_s", "rules", "vicidial"})
STAFFED = 0.25  # of the most agents at one time: with fewer the day has not begun


def scenario_of(fit: Fit) -> Scenario:
    """The scenario itself. Raises PastError where what was recorded makes none."""
    text = scenario_text(fit)
    try:
        return toml_values.filled(Scenario(name=fit.history.campaign.name), tomllib.loads(text), text)
    except toml_values.Unreadable as fault:
        raise PastError(f"what was recorded of {fit.history.campaign.name!r} makes no scenario: {fault}") from fault


def scenario_text(fit: Fit, tongue: Tongue = ENGLISH) -> str:
    """The whole file, its comments in the language."""
    return "\n".join(_lines(fit, tongue)) + "\n"


def _lines(fit: Fit, tongue: Tongue) -> Iterator[str]:
    history = fit.history
    yield from (f"# {line}" for line in _head(fit, tongue))
    yield ""
    yield from _shift(fit, tongue)
    for table, node in (("people", People), ("habits", Habits)):
        yield from ("", f"[{table}]", *_table(fit, table, {one.name for one in fields(node)}, tongue))
    yield from _campaign(fit)
    yield from ("", "[[trunks]]", f"lines_max = {max(1, history.campaign.lines_max)}")
    yield from ("", "[trunks.carrier]", *_table(fit, "trunks.carrier", {one.name for one in fields(Carrier)}, tongue))


def _head(fit: Fit, tongue: Tongue) -> Iterator[str]:
    history = fit.history
    yield tongue.t(
        "calibrate.of_campaign",
        name="".join(sign if sign.isprintable() else " " for sign in history.campaign.name),
        since=_local(history.attempts[0].at, history.zone),
        until=_local(history.attempts[-1].at, history.zone),
        zone=history.zone,
    )
    days = len({one.day for one in history.attempts})
    yield tongue.tn("calibrate.calls_on", days, calls=tongue.number(len(history.attempts)))
    if fit.left_out:
        yield tongue.tn("calibrate.left_out", fit.left_out)
    yield tongue.t("calibrate.beside")
    yield tongue.t("calibrate.where_little")


def _local(at: float, zone: str) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")[:16]


def _shift(fit: Fit, tongue: Tongue) -> Iterator[str]:
    """When the first day began, how long days are, and how many work."""
    history = fit.history
    counts = staffing(history)
    most = max(agents for _, agents in counts)
    staffed = [(at, agents) for at, agents in counts if agents > 0 and agents >= STAFFED * most]
    begins: dict[int, float] = {}
    ends: dict[int, float] = {}
    for at, _ in staffed:
        day = history.local(at).toordinal()
        begins.setdefault(day, at)
        ends[day] = at + STEP_S
    lengths = [ends[day] - begins[day] for day in begins]
    hours = round(median(lengths) / 3600.0, 2) if lengths else Scenario().hours
    first = min(begins.values(), default=history.attempts[0].at)
    agents = round(median(count for _, count in staffed)) if staffed else 1
    yield f'starts = "{_local(first, history.zone)}"'
    yield f'zone = "{history.zone}"'
    yield from _workdays(history)
    yield f"hours = {max(0.05, hours)}"
    median_of = tongue.t("calibrate.median")
    yield f"agents = {max(1, agents)}  # {median_of}"


def _workdays(history: History) -> Iterator[str]:
    """The days of the week on which there was work, where the history is of a week or more."""
    days = [one.day for one in history.attempts]
    if max(days) - min(days) + 1 >= len(WEEK):
        seen = {one.weekday for one in history.attempts}
        yield f"workdays = {json.dumps([name for at, name in enumerate(WEEK) if at in seen])}"


def _table(fit: Fit, table: str, known: set[str], tongue: Tongue) -> Iterator[str]:
    for key, one in fit.one.items():
        place, _, name = key.rpartition(".")
        if place == table and name in known:
            yield f"{name} = {_number(one.value)}  # {told(one, tongue)}"
    for key, row in fit.rows.items():
        place, _, name = key.rpartition(".")
        if place == table and name in known:
            seen = tongue.t("calibrate.row", n=tongue.number(sum(one.n for one in row)))
            yield f"{name} = [{', '.join(_number(one.value) for one in row)}]  # {seen}"


def _rounded(shares: Sequence[float]) -> list[float]:
    """To four decimals, so that they still add up to 1."""
    most = max(shares)
    rounded = [round(one, 4) for one in shares]
    rounded[shares.index(most)] += 1.0 - fsum(rounded)
    return [round(one, 4) for one in rounded]


def _number(value: float) -> str:
    text = f"{value:.5g}"
    return text if any(sign in text for sign in ".en") else f"{text}.0"


def _campaign(fit: Fit) -> Iterator[str]:
    history, campaign = fit.history, fit.history.campaign
    yield from ("", "[[campaigns]]", f"name = {json.dumps(campaign.name, ensure_ascii=False)}")
    yield f'policy = "{campaign.pacing.policy}"'
    yield f"abandon_cap = {_number(campaign.pacing.abandon_cap)}"
    yield f"leads = {history.leads}"
    if len(history.numbers) > 1:
        yield f"numbers = [{', '.join(_number(one) for one in _rounded(history.numbers))}]"
    for name in FROM_CAMPAIGN:
        value = getattr(campaign, name)
        yield f"{name} = {_plain(value)}"
    yield f"number_dials_24h_max = {campaign.rules.number_dials_24h_max or 1000}"
    yield f'zones = ["{history.zone}"]'
    if own := [code for code, _ in campaign.recycling if code not in CODES]:
        yield f"dispositions = {json.dumps(own, ensure_ascii=False)}"
    yield from _pacing(campaign)
    for code, rule in campaign.recycling:
        yield from ("", "[[campaigns.recycling]]", f"code = {json.dumps(code, ensure_ascii=False)}")
        if rule.delay_s is not None:
            yield f"delay_s = {_number(rule.delay_s)}"


def _pacing(campaign: Campaign) -> Iterator[str]:
    changed = [
        f"{one.name} = {_plain(value)}"
        for one in fields(Settings)
        if one.name not in ELSEWHERE and (value := getattr(campaign.pacing, one.name)) != getattr(Settings(), one.name)
    ]
    if changed:
        yield from ("", "[campaigns.pacing]", *changed)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return _number(value)
    return str(value) if isinstance(value, int) else f'"{value}"'
