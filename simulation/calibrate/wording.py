"""The words of a calibration, in each language: on the terminal, in the picture, in the file's comments."""

import math

from simulation.calibrate.laws import Estimate
from simulation.texts import Tongue, text_key

LAWS = {
    "ring of people": text_key("calibrate.ring_people"),
    "ring of machines": text_key("calibrate.ring_machines"),
    "talk": text_key("calibrate.talk"),
    "short talk": text_key("calibrate.short_talk"),
    "wrap up": text_key("calibrate.wrap_up"),
}


def told(one: Estimate, tongue: Tongue) -> str:
    """Where the figure lies, and of how many it was taken."""
    if one.n == 0:
        return tongue.t("calibrate.never_seen")
    if not math.isfinite(one.high):
        return tongue.t("calibrate.too_seldom")
    blanks = {"low": short(one.low, tongue), "high": short(one.high, tongue), "n": tongue.number(one.n)}
    return tongue.t("calibrate.thin", **blanks) if one.thin else tongue.t("calibrate.lies", **blanks)


def short(value: float, tongue: Tongue) -> str:
    """Four figures of it."""
    return tongue.plain(float(f"{value:.4g}"))
