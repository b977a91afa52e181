"""What the API takes about detection, people who call back, and ways out: parts of a campaign. Nothing is done here."""

from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from dialer.core.detection import OnMachine
from dialer.core.inbound import POSITION_MIN_S

ENDINGS = (".wav", ".wav49", ".gsm", ".ulaw", ".alaw", ".sln", ".sln16", ".g722", ".mp3", ".ogg")


def a_sound(name: str) -> str:
    """A sound's name as Asterisk takes it, or none. Raises ValueError for one with its ending, which is never found."""
    ending = next((one for one in ENDINGS if name.lower().endswith(one)), "")
    if ending:
        raise ValueError(f"names a file, and Asterisk wants the sound without its ending: leave {ending} out")
    return name


Sound = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_./\-]*$"), AfterValidator(a_sound)]
Milliseconds = Annotated[int, Field(ge=20, le=15_000)]


def a_zone(name: str) -> str:
    """A time zone by its IANA name, or none. Raises ValueError for another."""
    if name and name not in available_timezones():
        raise ValueError("is no time zone; write one as America/Santiago")
    return name


def a_pause(seconds: float) -> float:
    """How often a place in the queue is said, or 0. Raises ValueError where nothing else would be heard."""
    if 0 < seconds < POSITION_MIN_S:
        raise ValueError(f"must be {POSITION_MIN_S:g} or more, or 0 for never")
    return seconds


class Part(BaseModel):
    """A part of a campaign as the API takes it."""

    model_config = ConfigDict(strict=True, extra="forbid")


class TuningGiven(Part):
    """The detector's thresholds; what is left out is as by default."""

    initial_silence_ms: Milliseconds = 2500
    greeting_ms: Milliseconds = 1400
    after_greeting_silence_ms: Milliseconds = 500
    total_ms: Milliseconds = 3800
    min_word_ms: Milliseconds = 100
    between_words_silence_ms: Milliseconds = 50
    words_max: Annotated[int, Field(ge=1, le=50)] = 4
    silence_threshold: Annotated[int, Field(ge=1, le=32_767)] = 256
    word_max_ms: Milliseconds = 3000


class DetectionGiven(Part):
    """How machines are told from people; what is left out stays as it is. `on` needs wait_max_s of 3 or more."""

    on: bool = False
    on_machine: Annotated[OnMachine, Field(strict=False)] = OnMachine.HANG_UP
    language: Annotated[str, Field(max_length=2, pattern="^(es|pt|en|)$")] = ""
    tuning: TuningGiven | None = None
    detector: Annotated[str, Field(pattern=r"^[a-z0-9_\-]{1,40}$")] = "listen"
    early_media: Annotated[str, Field(pattern=r"^[a-z0-9_\-]{0,40}$")] = ""
    late_from_s: Annotated[float, Field(ge=3, le=120)] = 18.0
    message: Sound = ""
    messages_7d_max: Annotated[int, Field(ge=0, le=100)] = 1
    beep_wait_max_s: Annotated[int, Field(ge=5, le=120)] = 25
    audit_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    assumed_error: Annotated[float, Field(ge=0, le=0.5)] = 0.02


class HoursGiven(Part):
    """Hours in which agents take the calls of people who call back."""

    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, examples=[[0, 1, 2, 3, 4]])]
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["08:00"])]
    closes: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["20:00"])]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("closes must be later than opens; write a night as two, to 24:00 and from 00:00")
        return self


class InboundGiven(Part):
    """What becomes of people who call a number of the campaign's; what is left out stays as it is."""

    on: bool = False
    numbers: Annotated[list[Annotated[str, Field(pattern=r"^\+\d{7,15}$")]], Field(max_length=1000)] = []
    windows: Annotated[list[HoursGiven], Field(max_length=50)] = []
    zone: Annotated[str, Field(max_length=60), AfterValidator(a_zone)] = ""
    menu_first: bool = False
    queue_max_s: Annotated[int, Field(ge=10, le=3600)] = 180
    last_agent_wait_s: Annotated[float, Field(ge=0, le=600)] = 15.0
    position_every_s: Annotated[float, Field(ge=0, le=3600), AfterValidator(a_pause)] = 45.0
    offer_callback: bool = True
    greeting: Sound = ""
    closed: Sound = ""
    language: Annotated[str, Field(max_length=2, pattern="^(es|pt|en|)$")] = ""
