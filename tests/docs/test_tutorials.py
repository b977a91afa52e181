"""The tutorials do what they say: their commands are run in order in a fresh folder, as they stand.

`dialer` itself is run within the test, a second faster each time; what runs on beside the others is a process.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dialer.cli import build, main
from simulation.demo.children import Child
from simulation.demo.switches import free_ports
from tests.docs.commands import Command, File, mentioned, steps

DOCS = Path(__file__).parents[2] / "docs"
PORTS = ("5038", "4573", "8080")  # those of a fresh configuration: this machine's others may have them


class Reader:
    """Somebody who does what a document says, in a folder of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.said: list[str] = []
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._beside = ExitStack()
        self._ports = {old: str(new) for old, new in zip(PORTS, free_ports(len(PORTS)), strict=True)}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        for name, value in (("PATH", path), ("COLUMNS", "100"), ("NO_COLOR", "1")):
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder)

    def follow(self, document: str) -> str:
        """Do all of it; what the last commands said. Fails the test at the first that does not work."""
        begun = len(self.said)
        for step in steps(DOCS / document):
            if isinstance(step, File):
                (self.folder / step.name).write_text(self._here(step.text), encoding="utf-8")
            elif step.said_once_up:
                self._beside_the_others(step)
            else:
                self._run(step)
        return "".join(self.said[begun:])

    def close(self) -> None:
        self._beside.close()

    def _here(self, text: str) -> str:
        for old, new in self._ports.items():
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        return text

    def _run(self, step: Command) -> None:
        command = self._here(step.shortened)
        code = self._dialer(command) if _alone(command) else self._shell(command)
        assert code == step.exit_code, f"$ {command}\nended with {code}:\n{''.join(self.said[-1:])}"
        if command.startswith("dialer init "):
            self._move(self.folder / shlex.split(command)[2] / "cadencia.toml")

    def _dialer(self, command: str) -> int:
        self._monkeypatch.setattr("sys.argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        self.said.append(said.out + said.err)
        return int(ended.value.code or 0)

    def _shell(self, command: str) -> int:
        done = subprocess.run(["bash", "-uc", command], cwd=self.folder, capture_output=True, text=True, check=False)
        self.said.append(done.stdout + done.stderr)
        return done.returncode

    def _beside_the_others(self, step: Command) -> None:
        log = self.folder / f"{step.said_once_up}.log"
        argv = shlex.split(self._here(step.text))
        child = Child(step.text, [sys.executable, *argv[1:]] if argv[0] == "python" else argv, log)
        self._beside.callback(child.end)
        child.line(step.said_once_up, 60.0)

    def _move(self, config: Path) -> None:
        """The ports of a fresh configuration may be taken on the machine that runs the tests."""
        text = config.read_text(encoding="utf-8")
        for old, new in self._ports.items():
            assert f"port = {old}\n" in text
            text = text.replace(f"port = {old}\n", f"port = {new}\n")
        config.write_text(text, encoding="utf-8")


def _alone(command: str) -> bool:
    """A command of ours with nothing for a shell to do."""
    return command.startswith("dialer ") and not set("|<>$;&") & set(command)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Reader]:
    made = Reader(tmp_path, monkeypatch, capsys)
    yield made
    made.close()


@pytest.mark.timeout(300)  # some forty commands
def test_from_nothing_to_recorded_calls_and_what_supervisors_analysts_and_integrators_then_do(reader: Reader) -> None:
    said = reader.follow("tutorial_first_campaign.md")
    assert "answered by a person  2" in said
    assert "in force" in reader.follow("for_supervisors.md")
    assert "Welcome calls" in reader.follow("for_analysts.md")
    told = reader.follow("for_integrators.md")
    assert '"kind":"call.ended"' in told
    assert "connected RPC" in told


def test_what_engineers_type(reader: Reader) -> None:
    assert '"calls":1' in reader.follow("for_engineers.md").replace(" ", "")


ROOT = DOCS.parent
DOCUMENTS = sorted([*DOCS.glob("*.md"), ROOT / "README.md"])


def test_every_command_that_a_document_names_exists_with_its_options() -> None:
    named = [(document.name, one) for document in DOCUMENTS for one in mentioned(document)]
    assert len(named) > 150
    root = typer.main.get_command(build())
    wrong = [f"{where}: dialer {one}: {fault}" for where, one in named for fault in faults(root, one)]
    assert wrong == []


def faults(command: Any, line: str) -> Iterator[str]:
    """What of a command line no command knows. `add|list` names several; values are not looked at."""
    words = re.split(r"\s+#|  +|\s[|>]|;|\s&&", line)[0].split()
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        names = words.pop(0).strip(",.:;)").split("|")
        unknown = [name for name in names if name not in command.commands]
        if unknown:
            yield f"no command {unknown[0]}"
            return
        command = command.commands[names[-1]]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        option = word.strip("[](),.:").split("=")[0]
        if option.startswith("-") and option not in {*known, "--help"} and not re.fullmatch(r"-\d.*|-|-?--", option):
            yield f"no option {option}"
