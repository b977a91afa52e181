"""The checker finds what was taken away, says where and how to mend it, and is content with our own rendering."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asterisk_config.check import check
from asterisk_config.command import app
from asterisk_config.findings import Finding, Weight
from asterisk_config.install import write_all
from asterisk_config.settings import Settings, read_settings

SETTINGS = """
[manager]
secret = "manager-secret"
[web]
port = 8088
[[trunk]]
name = "carrier"
host = "192.0.2.7"
lines = 30
calls_per_second = 2
[[phone]]
name = "1001"
password = "secret-1001"
webrtc = true
"""


def hosted(folder: Path, text: str = SETTINGS) -> Settings:
    """Settings whose folders are below `folder`."""
    settings = read_settings(text)
    return replace(
        settings,
        directories=replace(settings.directories, etc=folder / "etc"),
        host=replace(settings.host, recordings=folder / "recordings"),
        sounds=replace(settings.sounds, folder=folder / "sounds"),
    )


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A folder with our own rendering."""
    settings = hosted(tmp_path)
    write_all(settings)
    return settings.directories.etc


def lacking(etc: Path) -> list[Finding]:
    return [finding for finding in check(etc) if finding.weight is Weight.MISSING]


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text()
    after = change(before)
    assert after != before, "the edit did nothing"
    path.write_text(after)


def test_our_own_rendering_lacks_nothing_but_a_recorded_message(etc: Path) -> None:
    assert [finding.what for finding in check(etc)] == [
        "the message to people who meet no agent is a placeholder of tones"
    ]


TAKEN_AWAY: dict[str, tuple[str, str, str, str]] = {
    "manager off": ("manager.conf", "enabled = yes", "enabled = no", "the manager interface is off"),
    "privilege": ("manager.conf", "call,originate,reporting", "call,reporting", "write lacks originate"),
    "no user": ("manager.conf", "[dialer]", "[other]", "there is no user dialer"),
    "no secret": ("manager.conf", "secret = manager-secret", "", "user dialer has no secret"),
    "variables": ("manager.conf", "DIALER_PLACE,", "", "events lack DIALER_PLACE"),
    "module": ("modules.conf", "require = app_bridgewait.so\n", "", "app_bridgewait.so is not loaded"),
    "module kept out": ("modules.conf", "load = app_dial.so", "noload = app_read.so", "app_read.so is kept out"),
    "context": ("extensions.conf", "[dialer-third]", "[third]", "context [dialer-third] is not there"),
    "extension": (
        "extensions.conf",
        "exten => hold,1",
        "exten => held,1",
        "extension hold is not in [dialer-customer]",
    ),
    "application": (
        "extensions.conf",
        " same => n,BridgeWait(park",
        " same => n,ConfBridge(park",
        "extension park of [dialer-customer] runs set, set, confbridge, goto instead of set, set, bridgewait, goto",
    ),
    "global": ("extensions.conf", "DIALER_AGI = ", "; DIALER_AGI = ", "global DIALER_AGI is not set"),
    "edition": ("extensions.conf", "DIALER_EDITION = ", "DIALER_EDITION = 0", "the configuration is of edition 0"),
    "sound": ("extensions.conf", "placeholder-abandon\n", "gone\n", "there is no sound"),
    "ice": ("rtp.conf", "icesupport = yes", "icesupport = no", "without ICE it registers but has no audio"),
    "aor": ("pjsip.conf", "aors = carrier", "aors = carier", "aors carier is not there"),
    "codec": ("pjsip.conf", "allow = alaw,ulaw\n", "", "carrier allows no codec"),
    "trunk": ("pjsip.conf", "type = identify", "type = acl", "there is no carrier"),
    "endpoint's context": (
        "pjsip.conf",
        "context = from-trunk",
        "context = from-pstn",
        "context from-pstn is not there",
    ),
    "program": ("manager.conf", "[general]", "#exec /bin/true\n[general]", "#exec is refused"),
}


@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_what_is_taken_away_is_found_with_its_place_and_a_mend(name: str, etc: Path) -> None:
    file, old, new, what = TAKEN_AWAY[name]
    edit(etc / file, lambda text: text.replace(old, new))
    found = [finding for finding in lacking(etc) if what in finding.what]
    assert found, [finding.what for finding in check(etc)]
    assert found[0].place.path == etc / file
    assert 1 <= found[0].place.line <= len((etc / file).read_text().splitlines())
    assert found[0].mend


ADVISED: dict[str, tuple[str, str, str, str]] = {
    "too much": ("manager.conf", "reporting,system", "reporting,command,system", "write grants command"),
    "anybody": ("manager.conf", "deny = ", "; deny = ", "any address may log in"),
    "noise": ("manager.conf", "eventfilter = !Event: CEL", "", "events the dialer does not use are sent: CEL"),
    "useful module": ("modules.conf", "load = app_amd.so\n", "", "app_amd.so is not loaded"),
    "redirected": ("pjsip.conf", "set_var = FORWARD", "set_var = BACKWARD", "a redirection (302) by carrier would be"),
    "redirect method": ("pjsip.conf", "redirect_method = user", "redirect_method = uri_pjsip", "a redirection (302)"),
    "toll fraud": (
        "extensions.conf",
        "exten => s,1,Set(DIALER_DID=)",
        "exten => _9.,1,Dial(PJSIP/${EXTEN}@carrier)",
        "carrier carrier can reach Dial() at _9. in [from-trunk]",
    ),
    "vanished phone": ("pjsip.conf", "rtp_timeout = 6", "rtp_timeout = 0", "a vanished phone 1001 is not noticed"),
    "open phone": ("pjsip.conf", "auth = 1001", "", "anybody may call as 1001"),
    "dangerous": ("asterisk.conf", "live_dangerously = no", "live_dangerously = yes", "can be reached from outside"),
}


@pytest.mark.parametrize("name", ADVISED)
def test_what_could_do_harm_is_advised_against(name: str, etc: Path) -> None:
    file, old, new, what = ADVISED[name]
    edit(etc / file, lambda text: text.replace(old, new))
    found = [finding for finding in check(etc) if what in finding.what]
    assert [finding.weight for finding in found] == [Weight.ADVICE], [finding.what for finding in check(etc)]
    assert found[0].place.path == etc / file


def test_more_steps_between_ours_are_no_fault(etc: Path) -> None:
    edit(etc / "extensions.conf", lambda text: text.replace("exten => park,1,", "exten => park,1,NoOp()\n same => n,"))
    assert lacking(etc) == []


def test_a_dialplan_in_other_files_and_templates_is_followed(etc: Path) -> None:
    text = (etc / "extensions.conf").read_text()
    start = text.index("[dialer-third]")
    (etc / "third.conf").write_text(text[start:])
    (etc / "extensions.conf").write_text(text[:start] + "#include third.conf\n")
    assert lacking(etc) == []


def test_an_empty_folder_lacks_every_file(tmp_path: Path) -> None:
    assert {finding.place.path.name for finding in lacking(tmp_path)} >= {
        "manager.conf",
        "extensions.conf",
        "pjsip.conf",
    }


def test_the_command_ends_with_1_only_when_something_is_missing(etc: Path, tmp_path: Path) -> None:
    report = tmp_path / "found.json"
    done = CliRunner().invoke(app, ["check", str(etc), "--json", str(report)])
    assert done.exit_code == 0
    assert '"weight": "advice"' in report.read_text()
    edit(etc / "manager.conf", lambda text: text.replace("enabled = yes", "enabled = no"))
    done = CliRunner().invoke(app, ["check", str(etc)])
    assert done.exit_code == 1
    assert "mend: enabled = yes in [general]" in done.output


def test_render_shows_what_changes_asks_and_protects(tmp_path: Path) -> None:
    settings = tmp_path / "host.toml"
    folders = {"directories": "etc", "sounds": "folder", "host": "recordings"}
    settings.write_text(SETTINGS + "".join(f'[{one}]\n{key} = "{tmp_path}/{key}"\n' for one, key in folders.items()))
    run = CliRunner()
    shown = run.invoke(app, ["render", str(settings), "--dry-run"])
    assert shown.exit_code == 0
    assert "+secret = ********" in shown.output
    assert not (tmp_path / "etc").exists()
    assert run.invoke(app, ["render", str(settings)], input="n\n").exit_code == 1
    assert not (tmp_path / "etc").exists()
    assert run.invoke(app, ["render", str(settings), "--yes"]).exit_code == 0
    edit(tmp_path / "etc" / "rtp.conf", lambda text: text + "; mine\n")
    refused = run.invoke(app, ["render", str(settings), "--yes"])
    assert refused.exit_code == 1
    assert "rtp.conf: edited by hand" in refused.output
    assert run.invoke(app, ["render", str(settings), "--yes", "--force"]).exit_code == 0
    assert "mine" not in (tmp_path / "etc" / "rtp.conf").read_text()


def test_render_refuses_bad_settings_with_line_and_reason(tmp_path: Path) -> None:
    settings = tmp_path / "host.toml"
    settings.write_text("[manager]\nsecret = 1\n")
    done = CliRunner().invoke(app, ["render", str(settings)])
    assert done.exit_code == 1
    assert f"{settings}:2: manager.secret: must be text, not a whole number" in done.output
