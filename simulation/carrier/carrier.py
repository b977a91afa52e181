"""The carrier's Asterisk: rendered into a folder, started and stopped.

Knows where the dialer's Asterisk listens and which phones stand on its agents' desks; must know nothing else of it.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asterisk_config.lab import Instance, Lab
from asterisk_config.modules import AUDIO, DIALPLAN, PHONES, REQUIRED
from asterisk_config.render import environment, render
from asterisk_config.settings import Host, Manager, Settings
from asterisk_config.sounds import wav
from simulation.carrier import audio
from simulation.carrier.numbers import Behaviour

OWN_MODULES = ("app_echo.so", "app_playtones.so", "app_transfer.so", "func_rand.so", "res_clioriginate.so")
# Without music on hold, and without "Reason" headers: the SIP answer alone tells the dialer why a call failed.
LEFT_OUT = frozenset({"res_musiconhold.so", "res_pjsip_rfc3326.so"})
MODULES = tuple(one for one in (*REQUIRED, *PHONES, *AUDIO, *DIALPLAN, *OWN_MODULES) if one not in LEFT_OUT)
CAUSES = {
    "UNAVAILABLE": 19,
    "REQUEST_TIMEOUT": 18,
    "DECLINED": 16,
    "FORBIDDEN": 21,
    "INCOMPLETE": 28,
    "INVALID": 1,
    "CONGESTION": 34,
}
"""The cause with which Asterisk refuses a call so that the wished-for SIP answer leaves."""


@dataclass(frozen=True, slots=True)
class DeskPhone:
    """An agent's phone that can dial; without a password the dialer's Asterisk knows it by its address."""

    name: str
    password: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Addresses and ports, all on loopback: the dialer's Asterisk, the carrier's side, the phones' side."""

    port: int
    dialer_port: int
    dialer_address: str = "127.0.0.1"
    trunk_address: str = "127.0.0.2"
    phone_address: str = "127.0.0.3"
    rtp_first: int = 20000
    rtp_last: int = 29999


class Carrier:
    """One carrier in one folder. Blocking calls only."""

    def __init__(self, folder: Path, *, lab: Lab, wiring: Wiring, phones: Sequence[DeskPhone] = ()) -> None:
        """Write nothing yet."""
        self.folder = folder.absolute()
        self.wiring = wiring
        self.phones = tuple(phones)
        self._lab = lab
        self.instance: Instance = lab.instance(self.folder / "etc")

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self.instance.pid

    def start(self, *, die_with_parent: bool = False) -> int:
        """Render it anew, start it, and return its pid once it takes calls. Raises asterisk_config.lab.LabError."""
        self._write()
        return self.instance.start(die_with_parent=die_with_parent)

    def stop(self) -> None:
        """Stop it at once, calls included."""
        self.instance.stop()

    def phone_dials(self, name: str, code: str, keys: str = "") -> None:
        """Let the desk phone `name` dial `code`, press `keys` once answered (w: a pause of 0.5 s), and talk."""
        self._dial(f"{name}-{code}-{keys}@desk")

    def calls_in(self, number: str, *, caller: str = "", keys: str = "", talk_s: int = 20) -> None:
        """Let somebody call `number` of the dialer's Asterisk through the trunk, showing `caller`; once answered they
        press `keys` (w: a pause of 0.5 s) and talk for so long."""
        self.instance.cli(f"channel originate Local/{number}-{caller}-{keys}-{talk_s}@caller extension talk@phone")

    def _dial(self, where: str) -> None:
        self.instance.cli(f"channel originate Local/{where} extension talk@phone")

    def _write(self) -> None:
        etc, sounds = self.folder / "etc", self.folder / "audio"
        etc.mkdir(parents=True, exist_ok=True)
        for name, text in self._files(sounds).items():
            (etc / name).write_text(text, encoding="utf-8")
        sounds.mkdir(exist_ok=True)
        for name, samples in audio.files().items():
            if not (path := sounds / f"{name}.wav").exists():
                path.write_bytes(wav(samples))

    def _files(self, sounds: Path) -> dict[str, str]:
        """The dialer host's files with the carrier's own in their place where they differ."""
        host = Host(name="carrier", rtp_first=self.wiring.rtp_first, rtp_last=self.wiring.rtp_last)
        # Nobody can log in: the manager interface is switched off below.
        settings = Settings(
            Manager(secret="unused-unused"),  # noqa: S106
            host=host,
            directories=self._lab.directories(self.folder),
        )
        values = {
            **dataclasses.asdict(self.wiring),
            "phones": self.phones,
            "modules": MODULES,
            "audio": sounds,
            "voices": audio.VOICES,
            "code": {behaviour.name: behaviour.value for behaviour in Behaviour},
            "causes": CAUSES,
        }
        templates = environment(Path(__file__).parent / "templates")
        own = {
            name.removesuffix(".j2"): templates.get_template(name).render(values)
            for name in templates.list_templates(["j2"])
        }
        return {**render(settings), **own, "manager.conf": "[general]\nenabled = no\n"}
