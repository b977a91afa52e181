"""From where on something is an alarm, who is told, and when not. Values only, checked where they are born."""

from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

from dialer.core.alarms import Limits
from dialer.core.rules import EVERY_DAY, Window
from dialer.core.turns import hours_of
from dialer.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """`notify` are apprise's addresses (mailto://, slack://, json://, ...); 0 for a limit switches its alarm off.

    `quiet` are hours of `zone`, as in "22:00-07:00": then only what is urgent goes out. Raises ConfigError.
    """

    notify: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    zone: str = "UTC"
    language: str = "es"
    budget_share: float = 0.8
    budget_answered_min: int = 30
    burn_per_hour: float = 0.5
    idle_share: float = 0.5
    idle_agents_min: int = 2
    away_share: float = 0.5
    talk_s: float = 1800.0
    wrap_s: float = 300.0
    list_minutes: float = 30.0
    disk_free_share: float = 0.05
    clock_s: float = 2.0
    loop_lag_s: float = 0.25
    raise_after_s: float = 15.0
    clear_after_s: float = 30.0

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(Limits)):
            if getattr(self, name) < 0:
                raise ConfigError(f"alarms.{name} is {getattr(self, name)}; it must be 0 or more")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ConfigError(f"alarms.zone is {self.zone!r}; it must be an IANA time zone") from None
        _ = self.quiet_hours

    @property
    def limits(self) -> Limits:
        return Limits(**{one.name: getattr(self, one.name) for one in fields(Limits)})

    @property
    def quiet_hours(self) -> tuple[Window, ...]:
        """The quiet hours as windows of one day each."""
        return tuple(window for text in self.quiet for window in _windows(text))


def _windows(text: str) -> tuple[Window, ...]:
    try:
        opens, closes = (_minutes(part) for part in text.split("-"))
        return hours_of(EVERY_DAY, opens, closes)
    except ValueError as error:
        raise ConfigError(f'alarms.quiet {text!r}: write it as "22:00-07:00" ({error})') from error


def _minutes(clock: str) -> int:
    hours, minutes = (int(part) for part in clock.strip().split(":"))
    if not (0 <= hours <= 24 and 0 <= minutes < 60 and hours * 60 + minutes <= 1440):
        raise ValueError(f"{clock} is no time of day")
    return hours * 60 + minutes
