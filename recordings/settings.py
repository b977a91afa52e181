"""Every threshold of the measures, in one place. Values only: nothing is measured here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How calls are measured, and from when on a measure is worth a flag. Levels in dBFS: a full-scale square is 0."""

    hours_max: float = 24.0  # longer files are refused
    detector: str = "webrtc"  # who tells which frames may be speech; or "silero"
    vad_mode: int = 1  # of WebRTC: 0 takes most for speech, 3 least

    # What is speech. Pauses in the flow of words stay below a quarter of a second (Goldman-Eisler 1968).
    above_floor_db: float = 5.0  # speech stands so far above the noise
    below_loud_db: float = 40.0  # and not further than this below the leg's loud speech
    audible_dbfs: float = -70.0
    pause_min_s: float = 0.25  # shorter gaps belong to the speech around them
    speech_min_s: float = 0.1  # shorter bursts are clicks

    # What is no speech though it is loud.
    beep_min_s: float = 0.12
    beep_min_hz: float = 380.0  # an m or n is as pure, but lower
    beep_purity: float = 0.9  # of the energy in one line of the spectrum
    music_min_s: float = 4.0
    steady_range_db: float = 6.0  # sound that stays within this for seconds is no speech, whatever it is
    music_range_db: float = 12.0  # the same for sound whose strongest line stays in place
    line_share: float = 0.33  # share of frames whose strongest line is where it was a tenth of a second ago

    # Turns.
    turn_pause_s: float = 1.0  # a pause that the other does not use, and still the same turn
    backchannel_max_s: float = 1.0  # shorter speech within the other's turn takes no turn

    # Flags.
    dead_air_s: float = 5.0
    talk_over_share_max: float = 0.10
    clipping_share_max: float = 0.001
    loudness_min_dbfs: float = -38.0
    first_word_max_s: float = 2.0
    one_way_min_s: float = 10.0  # a leg of steady noise alone counts as one without signal from this length on
    greeting_max_s: float = 12.0  # calls that end within this time may be hung up on the greeting

    def __post_init__(self) -> None:
        assert self.hours_max > 0
        assert self.vad_mode in (0, 1, 2, 3)
        assert 0 < self.beep_purity <= 1
        assert min(self.pause_min_s, self.speech_min_s, self.beep_min_s, self.music_min_s, self.dead_air_s) > 0
