"""Whether Asterisk's machine can hear calls for the dialer, and has the sounds and detectors that campaigns name.

An extension of the rendered dialplan is run there on a Local channel; nobody is called.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from dialer.asterisk.link import Link
from dialer.asterisk.protocol import Fields, Message, pairs
from dialer.core.detection import Detection, OnMachine
from dialer.core.model import Campaign
from dialer.doctor.findings import Area, Code, Finding, found
from dialer.errors import ActionRefusedError, SwitchUnavailableError

OURS, OUR_EARLY = "listen", "tones"  # the detectors that are a program of ours
LOOKED = "DialerLooked"
WANTED = ("OriginateResponse", "UserEvent")
_CHANNEL = "Local/look@dialer-look/n"
_WITHIN_S = 8.0
_SOUNDS_MAX = 700  # signs of names in one action: a line of Asterisk's manager ends at 1,024

Sound = tuple[str, str]  # its language, empty for Asterisk's own, and its name
Until = Callable[[Callable[[Message], bool], float], "asyncio.Task[Message]"]


async def hearing_findings(link: Link, until: Until, campaigns: Sequence[Campaign]) -> AsyncIterator[Finding]:
    """Of the campaigns given. `until`: the first message that fits, within so many seconds."""
    wanted = sorted({sound for one in campaigns for sound in _sounds(one)})
    lacking: set[Sound] = set()
    for number, (language, group) in enumerate(_groups(wanted)):
        try:
            seen = await _look(link, until, group, language)
        except (ActionRefusedError, SwitchUnavailableError, TimeoutError):
            yield found(Area.DETECTION, Code.LISTENER_SILENT)
            break
        lacking |= {(language, name) for name in seen.get("Lacks", "").split("|") if name}
        if number == 0:
            yield _program(seen, campaigns)
    for campaign in campaigns:
        if missing := sorted({name for _, name in lacking.intersection(_sounds(campaign))}):
            yield found(Area.CAMPAIGN, Code.CAMPAIGN_SOUND_MISSING, campaign.name, sounds=", ".join(missing))
        for context in _contexts(campaign):
            if await _is_missing(link, context):
                yield found(Area.CAMPAIGN, Code.CAMPAIGN_DETECTOR_UNKNOWN, campaign.name, context=context)


def _sounds(campaign: Campaign) -> Iterable[Sound]:
    """The sounds that a campaign's people may hear."""
    detection, inbound = campaign.detection, campaign.inbound
    if campaign.message:
        yield "", campaign.message
    if detection.on and detection.on_machine is OnMachine.MESSAGE:
        yield "", detection.message
    if inbound.on:
        yield from ((inbound.language, name) for name in (inbound.greeting, inbound.closed) if name)


def _contexts(campaign: Campaign) -> Iterable[str]:
    """The detectors that it names, as contexts of the dialplan."""
    detection = campaign.detection
    if detection.on and detection.detector != OURS:
        yield f"dialer-detector-{detection.detector}"
    if detection.early_media:
        yield f"dialer-early-{detection.early_media}"


def _groups(sounds: Sequence[Sound]) -> list[tuple[str, list[str]]]:
    """The names in groups of one language that an action can carry; one at least, be it empty."""
    groups: list[tuple[str, list[str]]] = []
    for language, name in sounds:
        full = not groups or sum(len(one) + 1 for one in groups[-1][1]) + len(name) > _SOUNDS_MAX
        if full or groups[-1][0] != language:
            groups.append((language, []))
        groups[-1][1].append(name)
    return groups or [("", [])]


async def _look(link: Link, until: Until, sounds: Sequence[str], language: str) -> Message:
    """What the host says of itself; an empty message where its dialplan knows nothing of the question."""
    mark = secrets.token_hex(4)

    def fits(message: Message) -> bool:
        if message.get("UserEvent") == LOOKED:
            return message.get("Look") == mark
        refused = message.get("Event") == "OriginateResponse" and message.get("Response") == "Failure"
        return refused and message.get("Channel") == _CHANNEL

    told = until(fits, _WITHIN_S)
    action: Fields = {
        "Action": "Originate",
        "Channel": _CHANNEL,
        "Application": "Wait",
        "Data": str(int(_WITHIN_S)),
        "Async": "true",
        "Variable": pairs({"DIALER_LOOK": mark, "DIALER_LANGUAGE": language, "DIALER_SOUNDS": "|".join(sounds)}),
    }
    try:
        [asked] = link.send(action)
        await link.answer(asked)
        message = await told
    finally:
        told.cancel()
    return message if "Look" in message else {}


def _program(seen: Message, campaigns: Sequence[Campaign]) -> Finding:
    """What is to be said of the program that listens."""
    program, python = seen.get("Program", ""), seen.get("Python", "")
    listens = seen.get("Listens", "")
    if listens:
        return found(Area.DETECTION, Code.LISTENER, program=program, version=listens)
    who = ", ".join([*_needing(campaigns), *(["[words] recogniser"] if seen.get("Recogniser") else [])])
    if not who:
        return found(Area.DETECTION, Code.LISTENER_NOT_NEEDED)
    return found(Area.DETECTION, _unable(seen), program=program, python=python, who=who)


def _unable(seen: Message) -> Code:
    """Why the program does not run: its file's mode is octal, 0 where there is no file."""
    if not seen:
        return Code.LISTENER_UNKNOWN
    told = seen.get("Mode", "")
    mode = int(told, 8) if told.isdigit() else 0
    if not mode:
        return Code.LISTENER_MISSING
    return Code.LISTENER_BROKEN if mode & 0o111 else Code.LISTENER_LOCKED


def _needing(campaigns: Sequence[Campaign]) -> list[str]:
    """The campaigns for which it hears who answered, when a machine's beep is over, or early media."""
    return [one.name for one in campaigns if _needs(one.detection)]


def _needs(detection: Detection) -> bool:
    leaves = detection.on_machine is OnMachine.MESSAGE
    return detection.early_media == OUR_EARLY or (detection.on and (detection.detector == OURS or leaves))


async def _is_missing(link: Link, context: str) -> bool:
    """Whether Asterisk says that there is no such detector in its dialplan."""
    try:
        [asked] = link.send({"Action": "Getvar", "Variable": f"DIALPLAN_EXISTS({context},detect,1)"})
        answer = await link.answer(asked)
    except (ActionRefusedError, SwitchUnavailableError):
        return False
    return str(answer.get("Value", "")) == "0"
