"""Phones in pages, for tests and benchmarks: the same key at Asterisk and at the dialer."""

from dataclasses import replace
from pathlib import Path

from asterisk_config.settings import Phone, Settings
from tests.lab_fixtures import Floor
from tests.shell.served import write_config

KEY = "a-key-for-the-phones-of-tests"
FIRST = 100
COUNT = 22
SUPERVISORS = "120-121"  # the last of them


def with_browsers_phones(settings: Settings) -> Settings:
    """Asterisk's side: phones 100 to 121 register from browsers."""
    web = replace(settings.web, phones_key=KEY)
    return replace(settings, web=web, phones=(*settings.phones, Phone(str(FIRST), count=COUNT, webrtc=True)))


def phone_config(folder: Path, floor: Floor) -> Path:
    """The dialer's side: a configuration whose pages find their phones at the floor's Asterisk."""
    config = write_config(folder, floor)
    url = f"ws://127.0.0.1:{floor.settings.web.port}/ws"
    told = f'[web]\nphone_url = "{url}"\nphone_key = "{KEY}"\nsupervisor_phones = "{SUPERVISORS}"\n'
    config.write_text(config.read_text().replace("[web]\n", told))
    return config
