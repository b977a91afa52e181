"""Packages are fetched once, whoever asks and however many at once, and run with their own libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asterisk_config.debian import MIRROR_VARIABLE, DebianError, host_mirror, install

PACKAGE, SUITE = "hostname", "bookworm"
RACE = """
import sys
from pathlib import Path
from asterisk_config.debian import install
steps = []
install([sys.argv[1]], suite=sys.argv[2], home=Path(sys.argv[3]), report=steps.append)
print(len(steps))
"""


@pytest.mark.asterisk
def test_two_who_ask_at_once_share_one_unpacking_and_a_third_only_reads_the_stamp(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, PACKAGE, SUITE, str(tmp_path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    steps = sorted(int(racer.communicate(timeout=100)[0]) for racer in racers)
    assert steps == [0, 3]
    told: list[str] = []
    tree = install([PACKAGE], suite=SUITE, home=tmp_path, report=told.append)
    assert told == []
    assert list(tree.versions) == [PACKAGE]
    command = tree.command("usr/bin/hostname", "--help")
    assert command[0].startswith(str(tmp_path))
    assert "Usage" in subprocess.run(command, capture_output=True, text=True, check=False).stdout
    wrapped = tree.wrap("usr/bin/hostname")
    assert wrapped == tree.wrap("usr/bin/hostname")
    plain = subprocess.run([wrapped], capture_output=True, text=True, check=True).stdout
    assert plain.strip() == Path("/proc/sys/kernel/hostname").read_text().strip()


def test_a_stamp_for_other_packages_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = {"packages": [PACKAGE], "suite": SUITE, "versions": {PACKAGE: "1"}}
    (tmp_path / "stamp.json").write_text(json.dumps(stamp))
    assert install([PACKAGE], suite=SUITE, home=tmp_path).versions == {PACKAGE: "1"}
    monkeypatch.setenv(MIRROR_VARIABLE, f"file:{tmp_path}/no-mirror-here")
    with pytest.raises(DebianError, match=MIRROR_VARIABLE):
        install([PACKAGE, "other"], suite=SUITE, home=tmp_path)


def test_the_environment_names_the_mirror_before_the_host_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://mirror.example/debian/")
    assert host_mirror() == "http://mirror.example/debian"
