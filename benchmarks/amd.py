"""Answering machine detection on a private Asterisk: persons and machines with continuous audio, and what they get.

    python -m benchmarks amd                    300 calls, 20 at once, some four minutes
    python -m benchmarks.amd --calls 60 --tuning      with the voices that thresholds were chosen by

Synthetic voices (eSpeak NG, the extra `voices`): a table of errors with intervals, seconds, silence and beeps. It says
how dialplan, thresholds and the dialer's own handling work together; it is no figure for living people.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from asterisk_config.lab import HOME_VARIABLE, Lab
from asterisk_config.sounds import RATE_HZ, tone, wav
from benchmarks.amd_voices import BEEPS, PROVED_WITH, TUNED_WITH, Greeting, greetings
from benchmarks.tables import table
from dialer.asterisk.settings import AmiSettings
from dialer.core.detection import Detection, OnMachine, Verdict, screening_for
from dialer.core.messages import AbandonmentPlayed, CallAnswered, CallEnded, CallScreened, MessageBegun, PlaceCall
from pacing.stats import interval
from simulation.carrier.numbers import Behaviour
from tests.asterisk.stage import Place, Stage
from tests.lab_fixtures import start_floor

COUNTRY = {"es": "MX", "pt": "BR", "en": "US"}
MESSAGE_HZ = 1900
PATIENCE_S = 60.0
# The far ends of this benchmark: extension GREETING NNN plays the n-th sound, from the answer on.
DIALPLAN = """
[carrier]
exten => _0000XXXX,1,Ringing()
 same => n,Wait({ring_s})
 same => n,Answer()
 same => n,Set(TIMEOUT(absolute)=60)
 same => n,Playback({folder}/g${{EXTEN:4}})
 same => n,Hangup(16)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One call and what was made of it."""

    greeting: Greeting
    verdict: Verdict | None
    reason: str
    took_s: float | None
    silent_s: float | None  # of a person: from the answer to the message, where nobody came
    message_after_beep_s: float | None  # of a machine that was left one; below 0: it began before the beep's end
    after_beep: bool = False  # which was heard, by what the dialplan said


async def run(calls: int, at_once: int, wait_s: float, *, tuning: bool) -> list[Seen]:
    """Place them all on a floor of our own."""
    far = list(greetings(calls, "tuning" if tuning else "proof", TUNED_WITH if tuning else PROVED_WITH))
    with tempfile.TemporaryDirectory(prefix="amd") as name, ExitStack() as held:
        folder = Path(name)
        lab = Lab.of(None if HOME_VARIABLE in os.environ else Path(".lab"), "forky")
        lab.install()
        floor = start_floor(folder, lab, held)
        for n, one in enumerate(far):
            (folder / f"g{n:04d}.wav").write_bytes(wav(one.samples))
        (folder / "voicemail.wav").write_bytes(wav(tone(MESSAGE_HZ, 3.0)))
        conf = floor.carrier.folder / "etc" / "extensions.conf"
        conf.write_text(conf.read_text() + DIALPLAN.format(ring_s=1, folder=folder))
        floor.carrier.instance.cli("dialplan reload")
        (host, port), (user, secret) = floor.ami, floor.user
        settings = AmiSettings(username=user, secret=secret, host=host, port=port, recordings_dir=str(floor.recordings))
        place = Place(settings, floor.dial, floor.phone, 22, floor.recordings, talks=True)
        detection = Detection(on=True, on_machine=OnMachine.MESSAGE, message=str(folder / "voicemail"))
        limit = asyncio.Semaphore(at_once)
        async with Stage(place) as stage:
            job = Job(stage, limit, detection, wait_s)
            jobs = [_one(job, floor.dial(f"0000{n:04d}"), one) for n, one in enumerate(far)]
            return list(await asyncio.gather(*jobs))


@dataclass(frozen=True, slots=True)
class Job:
    """What all calls have in common."""

    stage: Stage
    limit: asyncio.Semaphore
    detection: Detection
    wait_s: float


async def _one(job: Job, dial: str, far: Greeting) -> Seen:
    stage, detection, wait_s = job.stage, job.detection, job.wait_s
    async with job.limit:
        attempt = stage.attempt(Behaviour.PERSON, dial=dial, wait_max_s=wait_s)
        audit = f"audit/{attempt.call}"
        screening = screening_for(detection, COUNTRY[far.language], wait_s, now=time.time(), messages=0, audit=audit)
        attempt = replace(attempt, screening=screening)
        at: dict[str, float] = {}
        await stage.do(attempt)
        await _until_over(stage, attempt, at)
        told = [one for one in stage.of(attempt.call) if isinstance(one, CallScreened)]
        verdict = told[0] if told else None
        silent = at["abandoned"] - at["answered"] if far.person and "abandoned" in at and "answered" in at else None
        after = (
            _after_beep(stage.place.recordings / f"{audit}.wav", far) if "message" in at and not far.person else None
        )
        heard = any(isinstance(one, MessageBegun) and one.after_beep for one in stage.of(attempt.call))
        return Seen(
            far, verdict.verdict if verdict else None, verdict.reason if verdict else "",
            verdict.took_s if verdict else None, silent, after, heard,
        )  # fmt: skip


async def _until_over(stage: Stage, attempt: PlaceCall, at: dict[str, float]) -> None:
    """Note when what was told of the call, until it is over or only the message for people goes on."""
    names = {CallAnswered: "answered", AbandonmentPlayed: "abandoned", MessageBegun: "message", CallEnded: "ended"}
    ends = time.time() + PATIENCE_S
    while "ended" not in at and time.time() < ends:
        for event in stage.of(attempt.call):
            if (name := names.get(type(event))) is not None:
                at.setdefault(name, time.time())
        await asyncio.sleep(0.02)


def _after_beep(path: Path, far: Greeting) -> float | None:
    """From the end of the beep to the first word of our message, as both stand in one recording."""
    try:
        with wave.open(str(path)) as file:
            heard = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64)
    except (OSError, EOFError, wave.Error):
        return None
    size = RATE_HZ // 50
    frames = heard[: heard.size // size * size].reshape(-1, size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    bin_ = round(MESSAGE_HZ * size / RATE_HZ)
    ours = power[:, bin_ - 1 : bin_ + 2].sum(axis=1) > 0.6 * power.sum(axis=1)
    loud = power.sum(axis=1) > 1e8
    found = np.flatnonzero(ours & loud)
    return float(found[0] * size / RATE_HZ - far.beep_ends_s) if found.size else None


def report(seen: Sequence[Seen], wait_s: float) -> str:
    """Errors by language with exact intervals, seconds, silence, beeps."""
    rows = []
    for language in ("es", "pt", "en", "all"):
        some = [one for one in seen if language in ("all", one.greeting.language)]
        persons, machines = [o for o in some if o.greeting.person], [o for o in some if not o.greeting.person]
        wrong = sum(one.verdict is Verdict.MACHINE for one in persons)
        missed = sum(one.verdict is not Verdict.MACHINE for one in machines)
        rows.append((language, len(persons), _share(wrong, len(persons)), _seconds(persons), len(machines),
                     _share(missed, len(machines)), _seconds(machines)))  # fmt: skip
    head = ("language", "persons", "taken for machines (95 %)", "verdict after s: p50, p95, max", "machines",
            "passed on as persons (95 %)", "verdict after s: p50, p95, max")  # fmt: skip
    silent = [one.silent_s for one in seen if one.silent_s is not None]
    lines = [table(head, rows), ""]
    if silent:
        lines.append(
            f"Persons who met nobody (no agent is at work here): {len(silent)}; the message began {max(silent):.2f} s "
            f"after the answer at the latest; the limit is {wait_s:g} s."
        )
    lines += ["", _beeps(seen), ""]
    without = [one for one in seen if one.verdict is None]
    lines.append(f"Calls without a verdict: {len(without)}.")
    return "\n".join(lines)


def _beeps(seen: Sequence[Seen]) -> str:
    """When messages began, by what the machines sounded."""
    rows = []
    for kind, says in BEEPS.items():
        left = [one for one in seen if one.greeting.beep == kind and one.message_after_beep_s is not None]
        after = sorted(one.message_after_beep_s or 0.0 for one in left)
        if not left:
            continue
        rows.append((says, len(left), sum(one.after_beep for one in left), sum(value < 0 for value in after),
                     f"{np.median(after):.2f}", f"{after[-1]:.2f}"))  # fmt: skip
    head = ("machines that sound", "messages", "behind a beep heard", "begun before its end", "after its end, s: p50",
            "max")  # fmt: skip
    return table(head, rows)


def _share(count: int, of: int) -> str:
    if not of:
        return "-"
    low, high = interval(count, of)
    return f"{count}: {100 * count / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _seconds(seen: Sequence[Seen]) -> str:
    times = sorted(one.took_s for one in seen if one.took_s is not None)
    if not times:
        return "-"
    p50, p95 = (times[max(1, -(-share * len(times) // 100)) - 1] for share in (50, 95))
    return f"{p50:.2f}, {p95:.2f}, {times[-1]:.2f}"


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="amd", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument(
        "--limit", type=float, default=5.0, help="seconds until the message for people, as a campaign's"
    )
    parser.add_argument("--tuning", action="store_true", help="the voices that thresholds were chosen by")
    parser.add_argument("--reasons", action="store_true", help="each error with its reason")
    given = parser.parse_args(arguments)
    seen = asyncio.run(run(given.calls, given.at_once, given.limit, tuning=given.tuning))
    print(report(seen, given.limit))
    if given.reasons:
        for one in seen:
            if one.verdict is None or (one.verdict is Verdict.MACHINE) is one.greeting.person:
                print(
                    f"  {one.greeting.language} {one.greeting.person=} {one.verdict} {one.reason} {one.greeting.text}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
