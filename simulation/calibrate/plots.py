"""How well the fitted laws match what was recorded, as one picture for eyes. Needs the extra `tuning`."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dialer.web.texts.saying import say
from simulation.calibrate import laws
from simulation.calibrate.fit import Fit, outcome_mix
from simulation.calibrate.laws import Estimate
from simulation.calibrate.wording import LAWS
from simulation.texts import ENGLISH, Tongue

SEEN, FITTED = "#4878a8", "#c44e52"
RINGS = frozenset({"ring of people", "ring of machines"})
LONGEST = 0.99  # of a sample is drawn


def draw(fit: Fit, path: Path, tongue: Tongue = ENGLISH) -> None:
    """Write the picture as PNG."""
    figure = Figure(figsize=(14, 11), layout="constrained")
    axes = figure.subplots(3, 3)
    names = [name for name in fit.samples if name in fit.laws]
    for axis, name in zip(axes.flat, names, strict=False):
        _law(axis, name, fit, tongue)
    rest = list(axes.flat[len(names) :])
    _hours(rest[0], fit, tongue)
    _wear(rest[1], fit, tongue)
    _mix(rest[2], fit, tongue)
    for axis in rest[3:]:
        if not axis.has_data():
            _figures(axis, fit, tongue)
            break
    for axis in rest[4:]:
        axis.set_axis_off()
    history = fit.history
    first, last = (history.local(history.attempts[at].at).date().isoformat() for at in (0, -1))
    calls = tongue.number(len(history.attempts))
    title = tongue.t("calibrate.picture", campaign=history.campaign.name, calls=calls, first=first, last=last)
    figure.suptitle(title, fontsize=13)
    figure.savefig(path, dpi=90)


def _law(axis: Axes, name: str, fit: Fit, tongue: Tongue) -> None:
    values, law = fit.samples[name], fit.laws[name]
    gap = tongue.number(100 * laws.distance(values, law), 1)
    seen = tongue.t("calibrate.seen", n=tongue.number(len(values)), gap=gap)
    _head(axis, tongue.t(LAWS[name]) + "\n" + seen)
    axis.set_xlabel(tongue.t("calibrate.from_sign") if name in RINGS else "s")
    axis.set_yticks([])
    if not values:
        return
    top = float(np.quantile(values, LONGEST))
    edges = np.linspace(0.0, max(top, 1.0), 41)
    axis.hist(values, bins=list(edges), density=False, weights=[1 / len(values)] * len(values), color=SEEN, alpha=0.75)
    fine = np.linspace(0.0, edges[-1], 161)
    step = edges[1] - edges[0]
    heights = [(law(at + step / 2) - law(max(0.0, at - step / 2))) for at in fine]
    axis.plot(fine, heights, color=FITTED, linewidth=2)


def _head(axis: Axes, text: str) -> None:
    axis.set_title(text, fontsize=10)  # three beside each other, in the longest of the languages


def _hours(axis: Axes, fit: Fit, tongue: Tongue) -> None:
    row = fit.rows["people.hour_factors"]
    shown = [hour for hour, one in enumerate(row) if one.n > 0]
    _head(axis, tongue.t("calibrate.by_hour"))
    _factors(axis, shown, [row[hour] for hour in shown])
    axis.set_xticks(shown)
    axis.set_xlabel(tongue.t("calibrate.local_hour"))


def _factors(axis: Axes, at: Sequence[int], row: Sequence[Estimate]) -> None:
    seen = [(one.low + one.high) / 2 for one in row]
    axis.errorbar(at, seen, yerr=[(one.high - one.low) / 2 for one in row], fmt="o", color=SEEN, capsize=3)
    axis.plot(at, [one.value for one in row], color=FITTED, linewidth=2)
    axis.axhline(1.0, color="#999999", linewidth=0.8)
    axis.set_ylim(0, max(2.0, *(min(3.0, one.high) for one in row)) if row else 2.0)


def _wear(axis: Axes, fit: Fit, tongue: Tongue) -> None:
    """Share of attempts that a person took, by the lead's so-manieth attempt."""
    attempts = fit.history.attempts
    last = min(8, max(one.try_ for one in attempts))
    groups = [[one for one in attempts if one.try_ == number] for number in range(1, last + 1)]
    shares = [laws.share(sum(one.bridged for one in group), len(group), 0.2) for group in groups]
    at = list(range(1, last + 1))
    middle = [(one.low + one.high) / 2 for one in shares]
    axis.errorbar(at, middle, yerr=[(one.high - one.low) / 2 for one in shares], fmt="o", color=SEEN, capsize=3)
    worn = fit.value("people.repeat_factor")
    axis.plot(at, [middle[0] * laws.worn(worn, number) for number in at], color=FITTED, linewidth=2)
    _head(axis, tongue.t("calibrate.wear", factor=tongue.number(worn, 3)))
    axis.set_xlabel(tongue.t("calibrate.attempt"))
    axis.set_ylim(bottom=0)
    axis.set_xticks(at)


def _mix(axis: Axes, fit: Fit, tongue: Tongue) -> None:
    mix = outcome_mix(fit.history).most_common()
    total = math.fsum(count for _, count in mix)
    names = [say(f"outcome.{name}", {}, tongue.language) for name, _ in mix]
    axis.barh(names[::-1], [100 * count / total for _, count in mix][::-1], color=SEEN)
    _head(axis, tongue.t("calibrate.outcomes"))
    axis.set_xlabel(tongue.t("calibrate.of_calls"))


def _figures(axis: Axes, fit: Fit, tongue: Tongue) -> None:
    """What was seen too seldom."""
    axis.set_axis_off()
    thin = fit.thin
    text = "\n".join((tongue.t("calibrate.thin_ones"), "", *thin)) if thin else tongue.t("calibrate.none_thin")
    axis.text(0.0, 1.0, text, va="top", fontsize=10, wrap=True)
