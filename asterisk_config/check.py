"""`dialer asterisk check`: what an existing configuration lacks for the dialer, with the mend beside each finding.

The yardstick is the dialer's own rendering: what `render` writes for a host is what is looked for here. Reads files
only; a running Asterisk is not asked.
"""

from pathlib import Path

from asterisk_config.check_calls import check_dialplan, check_endpoints
from asterisk_config.findings import Check, Files, Finding, Findings, Weight, advice, missing, open_files, split_words
from asterisk_config.modules import REQUIRED, USEFUL
from asterisk_config.parse import Section
from asterisk_config.render import CHANNEL_VARIABLES, EVENTS_LEFT_OUT, READ_PRIVILEGES, WRITE_PRIVILEGES

FILES = (
    "asterisk.conf",
    "extensions.conf",
    "manager.conf",
    "modules.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "rtp.conf",
)
DANGEROUS = frozenset({"all", "command", "config"})


def check(etc: Path, *, user: str = "dialer") -> list[Finding]:
    """Everything found in the configuration folder, what is missing first; `user` is the dialer's at the manager."""
    files = open_files(etc, FILES)
    checks: tuple[Check, ...] = (
        lambda files: _check_manager(files, user),
        _check_modules,
        check_dialplan,
        check_endpoints,
        _check_media,
        _check_options,
    )
    found = [*files.broken, *(finding for one in checks for finding in one(files))]
    return sorted(found, key=lambda finding: finding.weight is Weight.ADVICE)


def _check_manager(files: Files, user: str) -> Findings:
    if "manager.conf" not in files.read:
        return
    general = files["manager.conf"].merged("general")
    if general is None or not general.is_on("enabled"):
        yield missing(
            files.place("manager.conf", general), "the manager interface is off", "enabled = yes in [general]"
        )
    wanted = set(CHANNEL_VARIABLES) - set(_words(general, "channelvars"))
    if wanted:
        line = f"channelvars = {','.join(CHANNEL_VARIABLES)} in [general]"
        yield missing(files.place("manager.conf", general), f"events lack {', '.join(sorted(wanted))}", line)
    account = files["manager.conf"].merged(user)
    if account is None:
        yield missing(files.place("manager.conf"), f"there is no user {user}", f"add [{user}] (or name it: --user)")
        return
    yield from _check_account(account)


def _check_account(account: Section) -> Findings:
    if not account.value("secret"):
        yield missing(account.place, f"user {account.name} has no secret", "secret = at least 8 characters")
    for key, needed in (("read", READ_PRIVILEGES), ("write", WRITE_PRIVILEGES)):
        granted = set(_words(account, key))
        entry = account.last(key)
        place = entry.place if entry else account.place
        if "all" not in granted and (lacking := [one for one in needed if one not in granted]):
            yield missing(place, f"{key} lacks {', '.join(lacking)}", f"{key} = {','.join(needed)}")
        if key == "write" and (more := sorted(granted & DANGEROUS)):
            yield advice(
                place, f"write grants {', '.join(more)}, which the dialer never needs", f"write = {','.join(needed)}"
            )
    if not account.all("deny") and not account.all("acl"):
        yield advice(
            account.place, "any address may log in", "deny = 0.0.0.0/0.0.0.0 and permit = the dialer's address"
        )
    filters = {entry.value.replace(" ", "") for entry in account.all("eventfilter")}
    unfiltered = [event for event in EVENTS_LEFT_OUT if f"!Event:{event}" not in filters]
    if unfiltered:
        mend = "; ".join(f"eventfilter = !Event: {event}" for event in unfiltered)
        yield advice(account.place, f"events the dialer does not use are sent: {', '.join(unfiltered)}", mend)


def _check_modules(files: Files) -> Findings:
    if (section := files["modules.conf"].merged("modules")) is None:
        return
    named = {_module(entry.value): entry for entry in section.entries if entry.key in {"load", "require", "preload"}}
    banned = {_module(entry.value): entry for entry in section.all("noload")}
    autoload = section.is_on("autoload")
    for modules, finding in ((REQUIRED, missing), (USEFUL, advice)):
        for module in modules:
            if module in banned:
                yield finding(banned[module].place, f"{module} is kept out", f"remove noload = {module}")
            elif module not in named and not autoload:
                yield finding(section.place, f"{module} is not loaded", f"load = {module}")


def _check_media(files: Files) -> Findings:
    browsers = [one for one in files["pjsip.conf"].typed("endpoint") if one.is_on("webrtc")]
    rtp = files["rtp.conf"].merged("general")
    if browsers and rtp is not None and not rtp.is_on("icesupport", default=True):
        what = f"{browsers[0].name} is a browser's phone, and without ICE it registers but has no audio"
        yield missing(files.place("rtp.conf", rtp), what, "icesupport = yes in [general]")
    if "musiconhold.conf" in files.read and files["musiconhold.conf"].merged("default") is None:
        yield advice(
            files.place("musiconhold.conf"), "customers on hold hear nothing", "add [default] with a directory"
        )


def _check_options(files: Files) -> Findings:
    if (options := files["asterisk.conf"].merged("options")) is None:
        return
    if options.is_on("live_dangerously"):
        place = files.place("asterisk.conf", options)
        yield advice(place, "functions that run programs can be reached from outside", "live_dangerously = no")


def _module(name: str) -> str:
    return name if name.endswith(".so") else f"{name}.so"


def _words(section: Section | None, key: str) -> list[str]:
    """The comma-separated words of every entry of that key."""
    entries = section.all(key) if section else []
    return [word for entry in entries for word in split_words(entry.value)]
