"""Checks of the dialplan and of SIP endpoints: could a call be served, and could one do harm?"""

import functools
import re
from pathlib import Path

from asterisk_config import edition
from asterisk_config.dialplan import OUTWARD_APPLICATIONS, Context, applications, contexts, reachable
from asterisk_config.findings import Files, Findings, advice, missing, split_words
from asterisk_config.parse import Section, loads
from asterisk_config.render import render
from asterisk_config.settings import Manager, Settings
from asterisk_config.sounds import MARK

CONTRACT = (
    *("dialer-customer", "dialer-agent", "dialer-third", "dialer-spy", "dialer-inbound", "dialer-ask"),
    *("dialer-detector-listen", "dialer-detector-amd", "dialer-look"),
)
"""Contexts that the dialer sends calls to; each must hold at least what `render` writes."""

GLOBALS = (edition.GLOBAL, "DIALER_AGI", "DIALER_MESSAGE_DEFAULT", "DIALER_WAIT_DEFAULT")
_TAKE_RENDERED = "take it from extensions.conf of `dialer asterisk render`"


@functools.cache
def contract() -> dict[str, Context]:
    """The dialer's own dialplan."""
    settings = Settings(Manager(secret="none-is-needed"))  # noqa: S106 - nobody logs in with it
    return contexts(loads(render(settings)["extensions.conf"]))


def check_dialplan(files: Files) -> Findings:
    """Each context and extension that the dialer uses: there, and with the same applications in the same order."""
    if "extensions.conf" not in files.read:
        return
    found = contexts(files["extensions.conf"])
    for name in CONTRACT:
        if name not in found:
            yield missing(files.place("extensions.conf"), f"context [{name}] is not there", _TAKE_RENDERED)
        else:
            yield from _compare(contract()[name], found[name], found)
    yield from _check_globals(files)


def _compare(ours: Context, theirs: Context, known: dict[str, Context]) -> Findings:
    extensions = {
        name: steps for one in reversed(reachable(theirs.name, known)) for name, steps in one.extensions.items()
    }
    for name, steps in ours.extensions.items():
        if name not in extensions:
            yield missing(theirs.place, f"extension {name} is not in [{theirs.name}]", _TAKE_RENDERED)
            continue
        wanted, got = applications(steps), applications(extensions[name])
        if not _contains(got, wanted):
            what = f"extension {name} of [{theirs.name}] runs {', '.join(got)} instead of {', '.join(wanted)}"
            yield missing(extensions[name][0].place, what, _TAKE_RENDERED)


def _contains(longer: list[str], shorter: list[str]) -> bool:
    """Whether all of `shorter` is in `longer` in that order, with more between them allowed."""
    rest = iter(longer)
    return all(one in rest for one in shorter)


def _check_globals(files: Files) -> Findings:
    section = files["extensions.conf"].merged("globals")
    place = files.place("extensions.conf", section)
    for name in GLOBALS:
        entry = section.last(name) if section else None
        if entry is None or not entry.value:
            yield missing(place, f"global {name} is not set", _TAKE_RENDERED)
        elif name == edition.GLOBAL and entry.value != edition.edition():
            what = f"the configuration is of edition {entry.value}, and this dialer's is {edition.edition()}"
            yield missing(entry.place, what, _TAKE_RENDERED)
        elif name == "DIALER_MESSAGE_DEFAULT":
            if MARK in entry.value:
                yield advice(
                    entry.place, "the message to people who meet no agent is a placeholder of tones", "record it"
                )
            if entry.value.startswith("/") and not list(Path(entry.value).parent.glob(Path(entry.value).name + ".*")):
                yield missing(entry.place, f"there is no sound {entry.value}", "record it, or name another")


def check_endpoints(files: Files) -> Findings:
    """Carriers and phones: what they refer to is there, and none of them can dial outwards."""
    if "pjsip.conf" not in files.read:
        return
    pjsip, dialplan = files["pjsip.conf"], contexts(files["extensions.conf"])
    endpoints = pjsip.typed("endpoint")
    identified = {section.value("endpoint") for section in pjsip.typed("identify")}
    trunks = [one for one in endpoints if one.name in identified or one.value("outbound_auth")]
    if not trunks:
        mend = "add an endpoint with type = identify or outbound_auth"
        yield missing(files.place("pjsip.conf"), "there is no carrier", mend)
    for endpoint in endpoints:
        yield from _check_references(endpoint, files, dialplan)
        is_trunk = endpoint in trunks
        yield from _check_trunk(endpoint, dialplan) if is_trunk else _check_phone(endpoint)


def _check_references(endpoint: Section, files: Files, dialplan: dict[str, Context]) -> Findings:
    pjsip = files["pjsip.conf"]
    for key, kind in (("aors", "aor"), ("auth", "auth"), ("outbound_auth", "auth")):
        entry = endpoint.last(key)
        known = {section.name for section in pjsip.typed(kind)}
        if entry is not None and (absent := [name for name in split_words(entry.value) if name not in known]):
            yield missing(entry.place, f"{key} {absent[0]} is not there", f"add [{absent[0]}] with type = {kind}")
    context = endpoint.value("context", "default")
    if "extensions.conf" in files.read and context not in dialplan:
        yield missing(
            endpoint.place, f"{endpoint.name}'s context {context} is not there", "name one that is in extensions.conf"
        )
    if not endpoint.all("allow"):
        yield missing(endpoint.place, f"{endpoint.name} allows no codec", "allow = alaw,ulaw")


def _check_trunk(trunk: Section, dialplan: dict[str, Context]) -> Findings:
    for context in reachable(trunk.value("context", "default"), dialplan):
        for name, steps in context.extensions.items():
            if outward := [step for step in steps if step.application in OUTWARD_APPLICATIONS]:
                what = (
                    f"carrier {trunk.name} can reach {outward[0].application.title()}() at {name} in [{context.name}]"
                )
                mend = "give it a context without outward dialling: calls there cost money"
                yield advice(outward[0].place, what, mend)
    method = trunk.value("redirect_method", "user")
    settings = dict(re.split(r"\s*=\s*", f"{one.value}=")[:2] for one in trunk.all("set_var"))
    forward = settings.get("FORWARD_CONTEXT")
    if method != "user" or forward is None or (forward in dialplan and dialplan[forward].extensions):
        mend = "redirect_method = user and set_var = FORWARD_CONTEXT=dialer-refuse, a context without extensions"
        yield advice(trunk.place, f"a redirection (302) by {trunk.name} would be followed", mend)


def _check_phone(phone: Section) -> Findings:
    if phone.value("rtp_timeout", "0") == "0":
        yield advice(phone.place, f"a vanished phone {phone.name} is not noticed", "rtp_timeout = 6")
    if not phone.value("auth") and not phone.all("permit") and not phone.all("acl"):
        yield advice(phone.place, f"anybody may call as {phone.name}", "auth = a section with its password")
