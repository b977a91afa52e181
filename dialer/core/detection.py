"""Answering machine detection of a campaign: its settings, how the detector is tuned, and what its errors may cost.

The detector itself runs in the switch's dialplan, so that a verdict needs nobody of ours. "Unsure" is a person. Pure.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pacing.stats import interval

REST_MIN_MS = 1200  # of the limit, left for an agent after the longest listening: the dialplan waits in whole seconds
ERRORS_MIN = 3.0  # fewer people than this, as estimated, switch nothing off
PRIOR_CALLS = 50.0  # what the assumed share of errors weighs beside audited calls
WINDOW_S = 86_400.0
WEEK_S = 7 * 86_400.0
_SPREAD = 2_654_435_761  # Knuth's multiplier: call ids in a row fall all over 0..2**32


class Verdict(StrEnum):
    """What the detector says of whoever answered."""

    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"  # a person, for all that follows
    NOBODY = "nobody"  # the tones of a fax machine, a modem or a network's announcement


MACHINES: Final = frozenset({Verdict.MACHINE, Verdict.NOBODY})


class OnMachine(StrEnum):
    """What a machine gets."""

    HANG_UP = "hang_up"
    MESSAGE = "message"  # a recorded one, after the beep
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The detector's thresholds, in milliseconds where no other unit is named.

    Longer silence at first, a longer greeting, a longer word or more words than these: a machine. Silence after a
    shorter greeting: a person. Neither within `total_ms`: unsure.
    """

    initial_silence_ms: int = 2500
    greeting_ms: int = 1400
    after_greeting_silence_ms: int = 500
    total_ms: int = 3800
    min_word_ms: int = 100
    between_words_silence_ms: int = 50
    words_max: int = 4
    silence_threshold: int = 256  # mean amplitude of a frame, of 32,767
    word_max_ms: int = 3000

    def __post_init__(self) -> None:
        for name, low, high in _TUNING_RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}: must be {low} to {high}")

    def arguments(self, total_max_ms: int) -> str:
        """As Asterisk's AMD takes them, listening no longer than `total_max_ms`."""
        values = (
            self.initial_silence_ms, self.greeting_ms, self.after_greeting_silence_ms,
            min(self.total_ms, total_max_ms), self.min_word_ms, self.between_words_silence_ms, self.words_max,
            self.silence_threshold, self.word_max_ms,
        )  # fmt: skip
        return ",".join(str(value) for value in values)


_TUNING_RANGES: Final = (
    ("initial_silence_ms", 500, 10_000), ("greeting_ms", 300, 10_000), ("after_greeting_silence_ms", 100, 5_000),
    ("total_ms", 800, 15_000), ("min_word_ms", 20, 1_000), ("between_words_silence_ms", 20, 1_000),
    ("words_max", 1, 50), ("silence_threshold", 1, 32_767), ("word_max_ms", 200, 15_000),
)  # fmt: skip

# By language: Portuguese greetings ("pois não, quem fala?") join words where others stop between them.
TUNINGS: Final[dict[str, Tuning]] = {
    "es": Tuning(),
    "pt": Tuning(greeting_ms=1450),
    "en": Tuning(greeting_ms=1400),
}
# By country, over the language, where people answer at greater length.
TUNINGS_OF_COUNTRY: Final[dict[str, Tuning]] = {
    "AR": replace(TUNINGS["es"], greeting_ms=1450),
    "CL": replace(TUNINGS["es"], greeting_ms=1450),
}
LANGUAGE_OF_COUNTRY: Final[dict[str, str]] = {
    **dict.fromkeys(("BR", "PT", "AO", "MZ"), "pt"),
    **dict.fromkeys(("US", "GB", "CA", "AU", "IE", "NZ", "ZA"), "en"),
}

# Whoever answers late is rarely a person, and whoever answers soon rarely a machine: the age at the answer moves the
# two thresholds that divide them.
EARLY_MORE_MS, EARLY_MORE_WORDS = 200, 1
LATE_LESS_MS, LATE_LESS_WORDS = 300, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How one campaign tells machines from people. Off unless it is switched on."""

    on: bool = False
    on_machine: OnMachine = OnMachine.HANG_UP
    language: str = ""  # es, pt, en; empty: by the country of the number called
    tuning: Tuning | None = None  # in place of what language and country suggest
    detector: str = "listen"  # the dialplan's context dialer-detector-NAME
    early_media: str = ""  # the context dialer-early-NAME, which hears what comes before the answer; empty: none
    late_from_s: float = 18.0  # an answer that comes so long after the dialling is a machine's more often than not
    message: str = ""  # the sound left after the beep
    messages_7d_max: int = 1  # of a person, over any seven days
    beep_wait_max_s: int = 25  # no beep until then: nothing is left
    audit_share: float = 0.05  # of calls, recorded from the answer on, and kept where the verdict was "machine"
    assumed_error: float = 0.02  # the share of people among machines, until audits tell

    def __post_init__(self) -> None:
        if self.language not in {"", *TUNINGS}:
            raise ValueError(f"language is {self.language!r}: must be one of {', '.join(TUNINGS)}, or empty")
        if self.on and self.on_machine is OnMachine.MESSAGE and not self.message:
            raise ValueError("message names no sound: on_machine is message, and there is nothing to leave")
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name):g}: must be {low:g} to {high:g}")

    def tuning_for(self, country: str) -> Tuning:
        """The thresholds for a number of this country."""
        if self.tuning is not None:
            return self.tuning
        if not self.language and country in TUNINGS_OF_COUNTRY:
            return TUNINGS_OF_COUNTRY[country]
        return TUNINGS[self.language or LANGUAGE_OF_COUNTRY.get(country, "es")]


_RANGES: Final = (
    ("late_from_s", 3.0, 120.0), ("messages_7d_max", 0, 100), ("beep_wait_max_s", 5, 120),
    ("audit_share", 0.0, 1.0), ("assumed_error", 0.0, 0.5),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What one call carries into the dialplan. `early` and `late` are arguments for the detector, by age at answer."""

    placed_at: float
    detector: str
    early: str
    late: str
    late_from_s: float
    on_machine: OnMachine
    message: str = ""
    beep_wait_max_s: int = 25
    audit: str = ""  # base name of the recording kept for an audit; empty: none


def screening_for(
    detection: Detection, country: str, wait_max_s: float, *, now: float, messages: int, audit: str
) -> Screening:
    """How to screen a call placed now to this country. `messages`: left for the person in the last seven days."""
    total_ms = int(wait_max_s * 1000) - REST_MIN_MS
    tuning = detection.tuning_for(country)
    early = replace(tuning, greeting_ms=tuning.greeting_ms + EARLY_MORE_MS,
                    words_max=tuning.words_max + EARLY_MORE_WORDS)  # fmt: skip
    late = replace(tuning, greeting_ms=max(300, tuning.greeting_ms - LATE_LESS_MS),
                   words_max=max(1, tuning.words_max - LATE_LESS_WORDS))  # fmt: skip
    gets = detection.on_machine
    if gets is OnMachine.MESSAGE and messages >= detection.messages_7d_max:
        gets = OnMachine.HANG_UP
    return Screening(
        placed_at=now,
        detector=detection.detector,
        early=early.arguments(total_ms),
        late=late.arguments(total_ms),
        late_from_s=detection.late_from_s,
        on_machine=gets,
        message=detection.message if gets is OnMachine.MESSAGE else "",
        beep_wait_max_s=detection.beep_wait_max_s,
        audit=audit,
    )


def is_sampled(number: int, share: float) -> bool:
    """Whether the `number`-th call belongs to a sample of this share: spread evenly, and the same whenever asked."""
    return number * _SPREAD % 2**32 < share * 2**32


@dataclass(frozen=True, slots=True)
class Audit:
    """What listening to recorded machine calls showed."""

    heard: int = 0
    persons: int = 0

    def error(self, assumed: float) -> float:
        """The share of people among "machines": the assumed one moved by what was heard."""
        return (assumed * PRIOR_CALLS + self.persons) / (PRIOR_CALLS + self.heard)

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of what was heard alone; 0 to 1 while nothing was."""
        return interval(self.persons, self.heard) if self.heard else (0.0, 1.0)


def eats_cap(errors: float, answered: float, cap: float) -> bool:
    """Whether people taken for machines would use up the cap without a single other call abandoned.

    `errors` are estimated, `answered` all people who answered, those among them.
    """
    return errors >= ERRORS_MIN and errors > cap * answered
