"""A day of recorded calls on a real Asterisk: does every talk get one recording, its own, with its legs in step?

    python -m benchmarks.recordings_day [--calls 1000] [--agents 8] [--folder DIR]

People and agents' phones sound alike: at each whole second of the machine's clock a pip of two tones, that say two
digits. So the shift of the two sides against each other is told by every second of a recording, with the far ends' own
scatter in it; and the sound itself says whose it is: six digits of the number called, and the agent's phone. Every file
of the index is compared, sample by sample, with what the switch wrote under the name that the engine gave to the call,
and its length with the call's own times.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile  # type: ignore[import-untyped]
from phonenumbers import is_valid_number, parse

from asterisk_config.lab import HOME_VARIABLE, Lab
from asterisk_config.settings import Settings
from benchmarks.recordings_pips import apart_s, late_s, pips
from benchmarks.tables import machine, table
from dialer.config import load
from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from dialer.web.client import ApiError, ServerUnreachableError
from recordings.making import legs_of
from recordings.scan import Scan, scan
from recordings.tree import opened
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import PROJECT, Floor, start_floor
from tests.shell.served import Served, dialer, serving, write_config

RATE_HZ = 8_000
STEP_MAX_S = 0.050
AWAY_S = 2.0  # an agent whose page lost the server
LENGTH_MAX_S = 1.0  # from the bridge's and the end's events to the sound that was written
ALWAYS = {"windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "opens": "00:00", "closes": "24:00"}]}


def main(arguments: Sequence[str]) -> None:
    """Play the day, judge it, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="keep everything there; it must not exist")
    parser.add_argument("--judge", type=Path, metavar="DIR", help="judge a day that was kept there")
    options = parser.parse_args(arguments)
    if options.judge is not None:
        asyncio.run(_judge(options.judge / "cadencia.toml"))
        return
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as held:
        folder = options.folder or Path(temporary) / "day"
        folder.mkdir()
        floor = start_floor(folder / "floor", lab_of(), held, lambda given: sounding(given, options.agents))
        config = set_up(folder, floor, options.agents, options.calls + options.calls // 20 + 5)
        began = time.monotonic()
        asyncio.run(_play(config, options.agents, options.calls))
        print(f"{options.calls} calls with {options.agents} agents in {time.monotonic() - began:.0f} s")
        dialer("recordings", "index", "-c", str(config))
        asyncio.run(_judge(config))


def lab_of() -> Lab:
    """The Asterisk of this machine's lab, fetched if need be."""
    lab = Lab.of(None if HOME_VARIABLE in os.environ else PROJECT / ".lab", "forky")
    lab.install()
    return lab


def sounding(settings: Settings, count: int) -> Settings:
    """The floor with so many agents' phones that sound by the clock."""
    phones = [one for one in settings.phones if one.name != "8001"]
    [old] = [one for one in settings.phones if one.name == "8001"]
    address = str(old.contact).rpartition("@")[2]
    return replace(settings, phones=(*phones, replace(old, count=count, contact=f"sip:pips-{{name}}@{address}")))


def set_up(folder: Path, floor: Floor, agents: int, calls: int) -> Path:
    """A campaign with agents and so many people; its configuration."""
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
    """So many valid numbers, all different, whose people stay 6 to 10 seconds."""
    made = (
        number(f"569{prefix:02d}", Behaviour.PIPS, ring_s=ring, talk_s=6 + (turn + prefix) % 5)
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
        async with at_work(served, agents, left) as working:
            while not left.locked():
                done, _ = await asyncio.wait(working, timeout=1.0, return_when=asyncio.FIRST_EXCEPTION)
                for one in done:
                    one.result()
            served.signal(signal.SIGINT)
            await served.ended()


@asynccontextmanager
async def at_work(
    served: Served, agents: int, left: asyncio.Semaphore | None = None, tokens: dict[int, str] | None = None
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Agents who take calls for as long; each call they finish takes one of `left`. `tokens`: of those signed in."""
    door = asyncio.Lock()  # a PIN's check is slow on purpose: on a busy machine all at once would time out
    known = {} if tokens is None else tokens
    working = [asyncio.create_task(_agent(served, 100 + n, left, door, known)) for n in range(agents)]
    try:
        yield working
    finally:
        for one in working:
            one.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _agent(
    served: Served, code: int, left: asyncio.Semaphore | None, door: asyncio.Lock, tokens: dict[int, str]
) -> None:
    """Take calls, say what became of each; come back where the machine was too busy to answer."""
    while True:
        try:
            await _shift(served, code, left, door, tokens)
        except ServerUnreachableError:
            await asyncio.sleep(AWAY_S)


async def _shift(
    served: Served, code: int, left: asyncio.Semaphore | None, door: asyncio.Lock, tokens: dict[int, str]
) -> None:
    async with served.client() as client:
        client.token = tokens.get(code)
        async with door:
            if client.token is None:
                await client.sign_in_agent(str(code), "4321")
                tokens[code] = str(client.token)
            with suppress(ApiError):  # who comes back is signed in
                await client.desk_sign_in()
        said = None
        async for _, desk in client.live("desk"):
            try:
                if desk["state"] == "break":
                    await client.ready()
                elif desk["state"] == "wrapping" and desk["call"] != said:
                    said = desk["call"]
                    await client.disposition(said, "RPC", notes="said when they would pay")
                    if left is not None:
                        await left.acquire()
            except ApiError as error:  # what was shown was no longer so
                if error.code != "not_in_state":
                    raise


@dataclass(frozen=True, slots=True)
class Judged:
    """One talk. `strangers`: what was heard and is neither this call's person nor its agent."""

    same: bool
    length_off_s: float
    legs_differ_s: float
    shifts_s: tuple[float, ...]
    late_s: tuple[tuple[float, float], ...]  # of the seconds above STEP_MAX_S: how far each side's pip strayed
    heard_whole: bool
    strangers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """All calls, the talks among them and what became of their recordings, by call."""

    calls: Sequence[Mapping[str, Any]]
    talks: Mapping[int, Mapping[str, Any]]
    states: Mapping[int, State]
    judged: Mapping[int, Judged]
    with_words: int
    found: Scan


async def judged_talks(config: Path) -> Day:
    """Hold every recording against what the switch wrote and against its call."""
    settings = load(config)
    spool = Path(settings.asterisk.recordings_dir)
    async with await Store.open(settings.database_url) as store:
        since = ("--since", "2000-01-01")  # it may have gone on over midnight
        calls: list[dict[str, Any]] = json.loads(dialer("report", "--calls", *since, "-c", str(config), "--json"))
        talks = {call["id"]: call for call in calls if call["bridged_at"] is not None}
        recordings = {one.call: one for one in await store.recordings.after(0, limit=1_000_000)}
        judged = {
            int(call): _judged(one, talks[call], spool, settings.recordings.folder)
            for call, one in recordings.items()
            if call in talks and one.state is State.INDEXED
        }
        found = await scan(store, spool, settings.recordings)
    return Day(
        calls=calls,
        talks=talks,
        states={int(call): one.state for call, one in recordings.items()},
        judged=judged,
        with_words=len([one for one in recordings.values() if one.disposition == "RPC"]),
        found=found,
    )


async def _judge(config: Path) -> None:
    day = await judged_talks(config)
    strays = len(day.states.keys() - day.talks.keys())
    print(table(["", ""], _figures(len(day.talks), tuple(day.judged.values()), strays, day.with_words)))
    print("disk and index agree" if day.found.clean else f"disk and index disagree: {day.found}")
    for one in day.judged.values():
        for agent, person in one.late_s:
            print(f"a second out of step: agent {1000 * agent:+.0f} ms off its beat, person {1000 * person:+.0f} ms")
        if one.strangers:
            print("heard in another's recording:", one)


def _figures(talks: int, judged: Sequence[Judged], strays: int, words: int) -> list[list[object]]:
    shifts = [abs(shift) for one in judged for shift in one.shifts_s]
    typical = [abs(float(np.median(one.shifts_s))) for one in judged if one.shifts_s]
    drifts = [abs(_drift_s(one.shifts_s)) for one in judged if len(one.shifts_s) > 1]
    lengths = [one.length_off_s for one in judged]
    limit = f"{1000 * STEP_MAX_S:.0f} ms"
    return [
        ["talks", talks],
        ["with exactly one playable recording", len(judged)],
        ["recordings that belong to no talk", strays],
        ["whose sound says all six digits of the number called", sum(one.heard_whole for one in judged)],
        ["in which anybody else is heard", sum(bool(one.strangers) for one in judged)],
        ["not sample for sample what the switch wrote for that call", sum(not one.same for one in judged)],
        [f"length off by more than {LENGTH_MAX_S} s", sum(abs(one) > LENGTH_MAX_S for one in lengths)],
        ["length off, from and to (ms)", _span_ms(lengths)],
        ["legs of different length, most (ms)", f"{1000 * max(one.legs_differ_s for one in judged):.0f}"],
        ["seconds in which both sides were heard", len(shifts)],
        ["shift of a second, median, 99 % and most (ms)", _spread_ms(shifts)],
        [f"seconds with a shift above {limit}", sum(one > STEP_MAX_S for one in shifts)],
        ["of them, one side's pip alone was off its own beat by as much", sum(map(_far_end, judged))],
        ["shift of a call (its median), median, 99 % and most (ms)", _spread_ms(typical)],
        [f"calls with a shift above {limit}", sum(one > STEP_MAX_S for one in typical)],
        ["drift from the first to the second half of a call, median, 99 % and most (ms)", _spread_ms(drifts)],
        [f"calls with a drift above {limit}", sum(one > STEP_MAX_S for one in drifts)],
        ["with the agent's disposition", words],
    ]


def _far_end(one: Judged) -> int:
    """Seconds above the limit that would be within it, had both far ends sounded on their beat."""
    middle = float(np.median(one.shifts_s)) if one.shifts_s else 0.0
    return sum(abs(middle) <= STEP_MAX_S and max(abs(a), abs(p)) > STEP_MAX_S - abs(middle) for a, p in one.late_s)


def _drift_s(shifts: Sequence[float]) -> float:
    half = len(shifts) // 2
    return float(np.median(shifts[-half:]) - np.median(shifts[:half]))


def _spread_ms(seconds: Sequence[float]) -> str:
    return ", ".join(f"{1000 * one:.0f}" for one in np.quantile(seconds, [0.5, 0.99, 1.0])) if seconds else "none"


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
    agent, person = (pips(side / 32768) for side in sound.T)
    own, heard = _says(call["number"]), {pip.says for pip in person}
    agent_says = f"{call['agent']:02d}"
    strangers = [f"person {one}, not of {sorted(own)}" for one in sorted(heard - own)]
    strangers += [f"agent {pip.says}, not {agent_says}" for pip in agent if pip.says != agent_says]
    return Judged(
        same=same,
        length_off_s=len(sound) / rate - (call["ended_at"] - call["bridged_at"]),
        legs_differ_s=(longest - min(len(leg) for leg in legs)) / rate,
        shifts_s=apart_s(agent, person),
        late_s=late_s(agent, person, STEP_MAX_S),
        heard_whole=heard == own,
        strangers=tuple(strangers),
    )


def _says(called: str) -> set[str]:
    """The pairs of digits that the person of that number says: of its last eight all but the behaviour's."""
    return {called[-8:-6], called[-4:-2], called[-2:]}


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
