"""Person or machine by the program that listens, without Asterisk: thousands of voices in a minute, beside AMD's rules.

    python -m benchmarks amd_alone                 3,000 far ends, voices that no threshold was chosen by
    python -m benchmarks.amd_alone --calls 600 --tuning

What each rule makes of the same sound behind G.711: persons, persons behind a signal of
their line or switchboard, machines by whether they sound before they speak. `benchmarks amd` has the whole.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from time import process_time

import numpy as np

from asterisk_config.scripts.answer import HUMAN, MACHINE, Answer, thresholds
from asterisk_config.scripts.tones import FRAME, FRAME_MS
from asterisk_config.sounds import Samples
from benchmarks.amd import COUNTRY
from benchmarks.amd_voices import PROVED_WITH, TUNED_WITH, Greeting, greetings
from benchmarks.tables import table
from dialer.core.detection import Detection, screening_for
from pacing.stats import interval

LIMIT_S = 5.0
TONE_SHARE = 0.3  # of persons here, that few calls show what a signal does to them
RULES = ("AMD's rules", "a tone first is no word")


class AsAmd(Answer):
    """To which a tone is a word."""

    def _is_tone(self, frame: Sequence[int], *, loud: bool) -> bool:
        return False


def line(samples: Samples) -> list[int]:
    """The sound as 16-bit samples behind G.711 (mu-law)."""
    level = np.clip(samples, -1.0, 1.0)
    code = np.round(np.sign(level) * np.log1p(255 * np.abs(level)) / np.log(256) * 127) / 127
    return [int(one) for one in np.sign(code) * (256 ** np.abs(code) - 1) / 255 * 32_124]


def heard(ear: Answer, samples: list[int]) -> tuple[str, float]:
    """The verdict, and the seconds it took."""
    for at in range(0, len(samples) - FRAME, FRAME):
        if (told := ear.hears(samples[at : at + FRAME])) is not None:
            return told[0], (at / FRAME + 1) * FRAME_MS / 1000.0
    return "", 0.0


def kind(one: Greeting) -> str:
    """As the table has them."""
    if one.person:
        return "persons behind a tone" if one.beep else "persons"
    return "machines that sound before they speak" if one.beep == "before" else "other machines"


def main(arguments: Sequence[str] = ()) -> None:
    """Hear them all by each rule."""
    parser = argparse.ArgumentParser(
        prog="amd_alone", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--tuning", action="store_true", help="the voices that thresholds were chosen by")
    given = parser.parse_args(arguments)
    voices, seed = (TUNED_WITH, "tuning") if given.tuning else (PROVED_WITH, "proof alone")
    found: defaultdict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    spent_s = audio_s = 0.0
    for one in greetings(given.calls, seed, voices, tone_share=TONE_SHARE):
        screening = screening_for(Detection(on=True), COUNTRY[one.language], LIMIT_S, now=0.0, messages=0, audit="")
        limits = thresholds(screening.early.replace(",", "/"))
        samples = line(one.samples[: int(8 * LIMIT_S * 1000)])
        for rule, ear in zip(RULES, (AsAmd(limits), Answer(limits)), strict=True):
            begun = process_time()
            told = heard(ear, samples)
            spent_s, audio_s = spent_s + process_time() - begun, audio_s + told[1]
            found[kind(one), rule].append(told)
    rows = [_row(*key, told) for key, told in sorted(found.items())]
    print(table(("far ends", "rule", "of", "errors (95 %)", "unsure", "verdict after s: p50, p95, max"), rows))
    print(f"\nHearing costs {100 * spent_s / audio_s:.2f} % of one core for each call that is listened to.")


def _row(who: str, rule: str, told: Sequence[tuple[str, float]]) -> tuple[str | int, ...]:
    machine = "machines" in who
    wrong = sum(verdict != MACHINE if machine else verdict == MACHINE for verdict, _ in told)
    unsure = sum(verdict not in {HUMAN, MACHINE} for verdict, _ in told)
    low, high = interval(wrong, len(told))
    times = sorted(took for _, took in told)
    p50, p95 = (times[max(1, -(-share * len(times) // 100)) - 1] for share in (50, 95))
    errors = f"{wrong}: {100 * wrong / len(told):.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return who, rule, len(told), errors, unsure, f"{p50:.2f}, {p95:.2f}, {times[-1]:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
