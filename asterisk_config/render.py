"""Settings into the complete set of Asterisk's files, as text. Writes nothing; the same settings, the same text.

The templates say what is set and why; here is only what they need to be told.
"""

import dataclasses
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from asterisk_config import program
from asterisk_config.edition import edition
from asterisk_config.modules import REQUIRED, USEFUL
from asterisk_config.settings import Settings, Sounds
from asterisk_config.sounds import hold_folder, placeholder

READ_PRIVILEGES = ("call", "user", "system")
WRITE_PRIVILEGES = ("call", "originate", "reporting", "system", "user")
CHANNEL_VARIABLES = ("DIALER_PLACE", "DIALER_TALK", "DIALER_MUTED", "DIALER_AGENT", "DIALER_CALL")
EVENTS_LEFT_OUT = ("TestEvent", "CEL", "Newexten", "VarSet", "RTCP.*")
TONES = {
    "br": {"ringcadence": "1000,4000", "dial": "425", "busy": "425/250,0/250", "ring": "425/1000,0/4000"},
    "cl": {"ringcadence": "1000,3000", "dial": "400", "busy": "400/500,0/500", "ring": "400/1000,0/3000"},
    "es": {"ringcadence": "1500,3000", "dial": "425", "busy": "425/200,0/200", "ring": "425/1500,0/3000"},
    "mx": {"ringcadence": "1000,4000", "dial": "425", "busy": "425/250,0/250", "ring": "425/1000,0/4000"},
    "us": {"ringcadence": "2000,4000", "dial": "350+440", "busy": "480+620/500,0/500", "ring": "440+480/2000,0/4000"},
}
"""Tones by country; a cadence is milliseconds on and off."""


def environment(folder: Path) -> Environment:
    """Templates in `folder`, set up so that a forgotten value is an error and lines stay where they are."""
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - these are Asterisk's files, not HTML; the settings' checks guard the values
    )


_TEMPLATES = environment(Path(__file__).parent / "templates")


def render(settings: Settings) -> dict[str, str]:
    """File name -> text, for the folder of Asterisk's configuration."""
    values = {
        "settings": settings,
        "host": settings.host,
        "directories": settings.directories,
        "manager": settings.manager,
        "agi": settings.agi,
        "web": settings.web,
        "tls": settings.tls,
        "dialplan": settings.dialplan,
        "words": settings.words,
        "edition": edition(),
        "listen": program.folder(settings) / program.NAME,
        "sounds": filled_sounds(settings.sounds),
        "tones": TONES[settings.host.tones],
        "transports": {trunk.transport for trunk in settings.trunks},
        "modules_required": REQUIRED,
        "modules_useful": USEFUL,
        "read_privileges": READ_PRIVILEGES,
        "write_privileges": WRITE_PRIVILEGES,
        "channel_variables": CHANNEL_VARIABLES,
        "events_left_out": EVENTS_LEFT_OUT,
    }
    names = _TEMPLATES.list_templates(extensions=["j2"])
    return {name.removesuffix(".j2"): _TEMPLATES.get_template(name).render(values) for name in sorted(names)}


def filled_sounds(sounds: Sounds) -> Sounds:
    """The sounds with a placeholder for each that nobody has named."""
    missing: dict[str, Any] = {
        one.name: placeholder(one.name, sounds.folder)
        for one in dataclasses.fields(sounds)
        if getattr(sounds, one.name) == "" and one.name != "hold_folder"
    }
    if not sounds.hold_folder:
        missing["hold_folder"] = hold_folder(sounds.folder)
    return dataclasses.replace(sounds, **missing)
