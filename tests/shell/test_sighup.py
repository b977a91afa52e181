"""SIGHUP to a dialer at work: trunks are read anew, and a file with a mistake changes nothing. No switch is needed."""

import signal
from pathlib import Path

from simulation.demo.switches import free_ports
from tests.shell.served import serving

TRUNK = '\n[[trunk]]\nname = "{name}"\ndial = "PJSIP/{{number}}@{name}"\nlines_max = {lines}\ncalls_per_second = 5.0\n'


async def test_trunks_are_read_anew_and_a_mistake_changes_nothing(tmp_path: Path) -> None:
    ami, agi, web = free_ports(3)
    head = (
        f'database = "sqlite:///day.db"\n[asterisk]\nport = {ami}\nusername = "dialer"\nsecret = "not-there-yet"\n'
        f"[agi]\nport = {agi}\n[web]\nport = {web}\n"
    )
    config = tmp_path / "cadencia.toml"
    config.write_text(head + TRUNK.format(name="carrier", lines=20))
    async with serving(config) as served:
        await served.until(lambda shown: lines(shown) == {"carrier": 20})
        config.write_text(head + TRUNK.format(name="carrier", lines=7) + TRUNK.format(name="second", lines=3))
        served.signal(signal.SIGHUP)
        await served.until(lambda shown: lines(shown) == {"carrier": 7, "second": 3})
        config.write_text(head + TRUNK.format(name="carrier", lines='"many"'))
        served.signal(signal.SIGHUP)
        log = tmp_path / "serve.log"
        shown = await served.until(lambda _: "the configuration was not taken up" in log.read_text())
        assert "lines_max" in log.read_text()
        assert lines(shown) == {"carrier": 7, "second": 3}
        served.signal(signal.SIGTERM)
        assert await served.ended() == 0


def lines(shown: dict[str, object]) -> dict[str, int]:
    trunks = shown["trunks"]
    assert isinstance(trunks, list)
    return {one["name"]: one["lines_max"] for one in trunks}
