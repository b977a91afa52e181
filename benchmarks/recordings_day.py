"""A day of recorded calls on a real Asterisk: does every talk get one recording, its own, with its legs in step?

    python -m benchmarks.recordings_day [--calls 1000] [--agents 8] [--folder DIR]

People speak with pauses, agents' phones echo what they hear: so each leg holds the same sound, and their shift against
each other is the switch's echo delay (some 20 to 40 ms) plus whatever the legs are out of step by. It is measured at
the beginning and at the end of each call. Every file of the index is compared, sample by sample, with what the switch
wrote under the name that the engine gave to the call, and its length with the call's own times.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray
from phonenumbers import is_valid_number, parse

from asterisk_config.lab import Lab
from asterisk_config.settings import Settings
from benchmarks.tables import machine, table
from dialer.config import load
from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from recordings.making import legs_of
from recordings.scan import scan
from recordings.tree import opened
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import PROJECT, Floor, start_floor
from tests.shell.served import Served, dialer, serving, write_config

RATE_HZ = 8_000
STEP_MAX_S = 0.050
LENGTH_MAX_S = 1.0  # from the bridge's and the end's events to the sound that was written
WINDOW_S = 1.5
ALWAYS = {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "opens": "00:00", "closes": "24:00"}]}

Sound = NDArray[np.float64]


def main(arguments: Sequence[str]) -> None:
    """Play the day, judge it, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="keep everything there; it must not exist")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as held:
        folder = options.folder or Path(temporary) / "day"
        folder.mkdir()
        lab = Lab.of(PROJECT / ".lab", "forky")
        lab.install()
        floor = start_floor(folder / "floor", lab, held, lambda given: _echoing(given, options.agents))
        config = _set_up(folder, floor, options.agents, options.calls)
        began = time.monotonic()
        asyncio.run(_play(config, options.agents, options.calls))
        print(f"{options.calls} calls with {options.agents} agents in {time.monotonic() - began:.0f} s")
        dialer("recordings", "index", "-c", str(config))
        asyncio.run(_judge(config))


def _echoing(settings: Settings, count: int) -> Settings:
    phones = tuple(replace(one, count=count) if one.name == "8001" else one for one in settings.phones)
    return replace(settings, phones=phones)


def _set_up(folder: Path, floor: Floor, agents: int, calls: int) -> Path:
    config = write_config(folder, floor)
    pin = folder / "pin"
    pin.write_text("4321")
    at = ("-c", str(config))
    dialer(
        *("campaign", "add", "day", "--client", "lender", "--mode", "progressive", "--trunk", "carrier"),
        *("--caller-id", "+56220000000", *at),
    )
    for n in range(agents):
        endpoint = floor.phone(str(8001 + n))
        dialer(
            *("agent", "add", f"Agent {n}", "--campaign", "day", "--code", str(100 + n), "--pin-file", str(pin)),
            *("--endpoint", endpoint, *at),
        )
    people = _people(calls)
    path = folder / "list.csv"
    rows = [f"A{n},Person {n},+{one}" for n, one in enumerate(people)]
    path.write_text("\n".join(["account,name,phone", *rows]) + "\n")
    dialer("leads", "import", str(path), "--campaign", "day", "--country", "CL", *at)
    return config


def _people(count: int) -> list[str]:
    """So many valid numbers, all different, whose people talk 3 to 7 seconds."""
    made = (
        number(f"569{prefix:02d}", Behaviour.PERSON, ring_s=ring, talk_s=3 + (turn + prefix) % 5)
        for turn in range(5)
        for ring in range(4)
        for prefix in range(100)
    )
    valid = [one for one in made if is_valid_number(parse(f"+{one}"))]
    if len(valid) < count:
        raise SystemExit(f"--calls: at most {len(valid)} numbers differ")
    return valid[:count]


async def _play(config: Path, agents: int, calls: int) -> None:
    left = asyncio.Semaphore(calls)
    async with serving(config) as served:
        async with served.client() as client:
            await client.change_campaign(1, rules=ALWAYS)
            await client.start_campaign(1)
        door = asyncio.Lock()  # a PIN's check is slow on purpose: on a busy machine all at once would time out
        working = [asyncio.create_task(_agent(served, 100 + n, left, door)) for n in range(agents)]
        while not left.locked():
            done, _ = await asyncio.wait(working, timeout=1.0, return_when=asyncio.FIRST_EXCEPTION)
            for one in done:
                one.result()
        served.signal(signal.SIGINT)
        await served.ended()
        for one in working:
            one.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _agent(served: Served, code: int, left: asyncio.Semaphore, door: asyncio.Lock) -> None:
    """Take calls, say what became of each."""
    async with served.client() as client:
        client.token = None
        async with door:
            await client.sign_in_agent(str(code), "4321")
            await client.desk_sign_in()
        async for _, desk in client.live("desk"):
            if desk["state"] == "break" and desk["reason"] == "signed_in":
                await client.ready()
            elif desk["state"] == "wrapping":
                await client.disposition(desk["call"], "RPC", notes="said when they would pay")
                await left.acquire()


@dataclass(frozen=True, slots=True)
class Judged:
    """One talk. Seconds; None where it could not be told."""

    call: int
    same: bool
    length_off_s: float
    legs_differ_s: float
    shifts_s: tuple[float, ...]


async def _judge(config: Path) -> None:
    settings = load(config)
    spool = Path(settings.asterisk.recordings_dir)
    async with await Store.open(settings.database_url) as store:
        calls: list[dict[str, Any]] = json.loads(dialer("report", "--calls", "-c", str(config), "--json"))
        talks = {call["id"]: call for call in calls if call["bridged_at"] is not None}
        recordings = {one.call: one for one in await store.recordings.after(0, limit=1_000_000)}
        judged = [
            _judged(one, talks[call], spool, settings.recordings.folder)
            for call, one in recordings.items()
            if call in talks and one.state is State.INDEXED
        ]
        found = await scan(store, spool, settings.recordings)
        words = len([one for one in recordings.values() if one.disposition == "RPC"])
    shifts = [abs(shift) for one in judged for shift in one.shifts_s]
    drifts = [abs(one.shifts_s[1] - one.shifts_s[0]) for one in judged if len(one.shifts_s) == 2]
    lengths = [abs(one.length_off_s) for one in judged]
    rows: list[list[object]] = [
        ["talks", len(talks)],
        ["with exactly one playable recording", len(judged)],
        ["recordings that belong to no talk", len(recordings.keys() - talks.keys())],
        ["not sample for sample what the switch wrote for that call", sum(not one.same for one in judged)],
        [f"length off by more than {LENGTH_MAX_S} s", sum(one > LENGTH_MAX_S for one in lengths)],
        ["length off, from and to (ms)", _span_ms([one.length_off_s for one in judged])],
        ["legs of different length, most (ms)", 1000 * max((one.legs_differ_s for one in judged), default=0.0)],
        ["shifts measured", len(shifts)],
        [f"shift above {1000 * STEP_MAX_S:.0f} ms", sum(one > STEP_MAX_S for one in shifts)],
        ["shift, median and most (ms)", f"{1000 * float(np.median(shifts)):.0f}, {1000 * max(shifts):.0f}"],
        ["calls measured at both ends", len(drifts)],
        [f"drift from beginning to end above {1000 * STEP_MAX_S:.0f} ms", sum(one > STEP_MAX_S for one in drifts)],
        ["drift, most (ms)", 1000 * max(drifts, default=0.0)],
        ["with the agent's disposition", words],
        ["disk and index agree", found.clean],
    ]
    print(table(["", ""], rows))


def _span_ms(seconds: Sequence[float]) -> str:
    return f"{1000 * min(seconds):.0f} to {1000 * max(seconds):.0f}" if seconds else "none"


def _judged(one: Recording, call: dict[str, Any], spool: Path, tree: Path) -> Judged:
    with opened(tree, one.file, None) as file:
        kept = tree / one.file
        assert file.size == kept.stat().st_size
    sound, rate = soundfile.read(str(kept), always_2d=True, dtype="int16")
    assert rate == RATE_HZ
    legs = [soundfile.read(str(path), dtype="int16")[0] for path in legs_of(spool, call["recording"])]
    longest = max(len(leg) for leg in legs)
    written = np.column_stack([np.pad(leg, (0, longest - len(leg))) for leg in legs])
    same = sound.shape == written.shape and bool(np.array_equal(sound, written))
    off = len(sound) / rate - (call["ended_at"] - call["bridged_at"])
    window = round(WINDOW_S * rate)
    places = (0, len(sound) - window) if len(sound) > 2 * window else (0,)
    shifts = [_shift_s(sound[at : at + window].astype(np.float64)) for at in places]
    differ = (longest - min(len(leg) for leg in legs)) / rate
    return Judged(one.call, same, off, differ, tuple(shift for shift in shifts if shift is not None))


def _shift_s(part: Sound) -> float | None:
    """By how much the agent's echo lags behind the person's sound; None where there is none of it to compare."""
    agent, person = part[:, 0], part[:, 1]
    if min(np.sqrt((agent**2).mean()), np.sqrt((person**2).mean())) < 50:
        return None
    size = 2 * len(part)
    spectrum = np.fft.rfft(agent, size) * np.conj(np.fft.rfft(person, size))
    crossed = np.fft.irfft(spectrum, size)
    lag = int(np.argmax(np.abs(crossed)))
    return (lag - size if lag > size // 2 else lag) / RATE_HZ


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
