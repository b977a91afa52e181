"""VICIdial's published behaviour, as golden vectors of its own program: dial level and lines."""

import pytest

from pacing.settings import VicidialMethod, VicidialOptions
from pacing.vicidial import Drops, lines_to_place, next_level

HARD, AVERAGE, TAPERED = VicidialMethod.HARD_LIMIT, VicidialMethod.AVERAGE, VicidialMethod.TAPERED

LEVELS = [
    # method, level, diff, target, intensity, time, calls and drops % in the minute, calls and drops % today, new level
    (HARD, 1.0, 6, 0, 0, 1000, 10, 0, 400, 1.0, 1.3),
    (HARD, 2.0, 4, 0, 0, 1000, 30, 5, 400, 1.0, 2.4),
    (HARD, 2.0, -2, 0, 0, 1000, 30, 5, 400, 1.0, 1.8),
    (HARD, 2.0, 4, -2, 0, 1000, 30, 5, 400, 1.0, 2.2),
    (HARD, 2.0, 4, 0, 20, 1000, 30, 5, 400, 1.0, 2.48),
    (HARD, 2.0, -4, 0, 20, 1000, 30, 5, 400, 1.0, 1.68),
    (HARD, 2.0, -4, 0, -20, 1000, 30, 5, 400, 1.0, 1.52),
    (HARD, 2.5, 8, 0, 0, 1000, 30, 60, 400, 1.0, 1.5),
    (HARD, 2.5, 8, 0, 0, 1000, 30, 5, 400, 3.2, 1.0),
    (HARD, 2.5, 8, 0, 0, 1000, 30, 5, 50, 30.0, 3.0),
    (AVERAGE, 2.5, 1, 0, 0, 1000, 30, 5, 400, 3.2, 1.3125),
    (TAPERED, 2.5, 1, 0, 0, 1000, 30, 5, 400, 3.2, 2.625),
    (TAPERED, 2.5, 1, 0, 0, 1330, 30, 5, 400, 3.2, 2.02125),
    (TAPERED, 2.5, 1, 0, 0, 1759, 30, 5, 400, 3.2, 1.0),
    (AVERAGE, 2.5, 1, 0, 0, 1000, 30, 60, 400, 3.2, 1.0),
]


@pytest.mark.parametrize("vector", LEVELS)
def test_dial_level(
    vector: tuple[VicidialMethod, float, float, float, float, int, int, float, int, float, float],
) -> None:
    method, level, diff, target, intensity, hhmm, calls, percent, calls_today, percent_today, new = vector
    options = VicidialOptions(method=method, dl_diff_target=target, adaptive_intensity=intensity)
    drops = Drops(calls_minute=calls, percent_minute=percent, calls_today=calls_today, percent_today=percent_today)
    made = next_level(level, diff=diff, agents=20, drops=drops, cap_percent=3, hhmm=hhmm, options=options)
    assert made == pytest.approx(new, abs=1e-9)


LINES = [
    # level, ready, in call, options, existing, lines used, trunks, goal, make, shortage
    (2.0, 4, 10, {}, 22, 40, 96, 28, 6, 0),
    (2.5, 3, 10, {}, 22, 40, 96, 32, 10, 0),  # 32.5, half to even
    (2.5, 0, 13, {}, 20, 40, 96, 32, 12, 0),
    (3.0, 4, 10, {"available_only": True, "connected": 10}, 15, 40, 96, 22, 7, 0),
    (3.0, 4, 10, {"level_threshold": 20}, 12, 40, 96, 14, 2, 0),
    (2.0, 4, 10, {"target": -2}, 12, 40, 96, 24, 12, 0),
    (3.0, 10, 20, {}, 40, 90, 96, 90, 6, 44),
    (3.0, 10, 20, {"campaign_trunks": 50}, 40, 60, 200, 90, 10, 40),
    (1.0, 2, 5, {}, 12, 40, 96, 7, -5, 0),  # nothing happens; ringing calls are never cancelled
]


@pytest.mark.parametrize("vector", LINES)
def test_lines(vector: tuple[float, int, int, dict[str, int], int, int, int, int, int, int]) -> None:
    level, ready, in_call, given, existing, used, trunks, goal, make, shortage = vector
    options = VicidialOptions(
        available_only=bool(given.get("available_only")),
        dl_diff_target=given.get("target", 0),
        calls_placed="target" in given,
        trunks_max=trunks,
        level_threshold_agents=given.get("level_threshold", 0),
    )
    lines = lines_to_place(
        level,
        ready=ready,
        in_call=in_call,
        existing=existing,
        lines_used=used,
        options=options,
        connected=given.get("connected", 0),
        campaign_trunks=given.get("campaign_trunks"),
    )
    assert (lines.goal, lines.make, lines.shortage) == (goal, make, shortage)
