"""Recorded calls in a store and on a disk, as an engine and a switch leave them."""

import struct
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from dialer.core.ids import AgentId, CallId
from dialer.core.messages import SaveCall, SaveDisposition
from dialer.core.model import Agent, CallRecord
from dialer.core.outcomes import Outcome
from dialer.store import AgentLogin, Recording, Store
from recordings.archive import ArchiveSettings
from recordings.worker import Indexer
from tests.recordings.calls import RATE_HZ, Sound, spoken, tone, write_legs
from tests.store.world import NOW, World

LATER = NOW + 3600.0


@dataclass
class Floor:
    """A store, the switch's folder, the index's folder."""

    world: World
    spool: Path
    settings: ArchiveSettings
    agent: AgentId
    calls: "count[int]"

    @classmethod
    async def made(cls, store: Store, folder: Path, **settings: object) -> "Floor":
        world = await World.made(store)
        login = await store.agents.save(AgentLogin(agent=Agent(id=AgentId(0), name="Íñigo", campaigns=()), login="i"))
        spool = folder / "spool"
        spool.mkdir()
        archive = ArchiveSettings(folder=folder / "tree", **settings)  # type: ignore[arg-type]
        return cls(world, spool, archive, login.agent.id, count(1))

    @property
    def store(self) -> Store:
        return self.world.store

    def indexer(self, now: float = LATER) -> Indexer:
        return Indexer(self.store, self.spool, self.settings, now=lambda: now)

    async def talk(self, seconds: float = 3.0, *, at: float = NOW, notes: str = "") -> CallRecord:
        """A recorded conversation that is over; nothing of it is on the disk yet."""
        await self.world.add_lead(due_at=at)
        lead = await self.world.claim_one(now=at)
        number = next(self.calls)
        record = replace(
            self.world.record(CallId(next(self.world.calls)), lead, at=at),
            agent=self.agent, answered_at=at + 1, bridged_at=at + 1, ended_at=at + 1 + seconds,
            outcome=Outcome.CONNECTED, disposition="PTP", recording=f"2023-11-14/c{number}-1",
        )  # fmt: skip
        await self.world.tell(SaveCall(record), SaveDisposition(record.id, self.agent, "PTP", notes), now=at + 60)
        return record

    def legs(self, record: CallRecord, agent: Sound | None = None, customer: Sound | None = None) -> Path:
        """The switch's files of that call; a tone of its own on each side where nothing is given."""
        base = self.spool / record.recording
        base.parent.mkdir(parents=True, exist_ok=True)
        seconds = (record.ended_at or 0.0) - (record.bridged_at or 0.0)
        own = 300 + record.id % 50 * 40
        write_legs(
            base,
            tone(seconds, own) if agent is None else agent,
            tone(seconds, own + 20) if customer is None else customer,
        )
        base.with_name(base.name + ".wav").write_bytes(b"both sides mixed")
        return base

    async def talked(self, seconds: float = 3.0, *, at: float = NOW, notes: str = "") -> CallRecord:
        """A conversation with its files."""
        record = await self.talk(seconds, at=at, notes=notes)
        self.legs(record)
        return record

    async def recording(self, record: CallRecord) -> Recording:
        found = await self.store.recordings.by_call(record.id)
        assert found is not None
        return found


def speech_legs(seconds: float = 8.0) -> tuple[Sound, Sound]:
    """The agent begins, the customer answers."""
    return spoken(seconds, [(0.5, 3.0)], seed=1), spoken(seconds, [(4.0, 7.0)], seed=2)


def unfinished(path: Path, sound: Sound) -> None:
    """What the recorder leaves when it is killed: the sound, and a header that says none."""
    data = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    path.write_bytes(struct.pack("<4sI4s", b"RIFF", 0, b"WAVE") + form + struct.pack("<4sI", b"data", 0) + data)


def main_tone_hz(sound: Sound) -> float:
    """The strongest line."""
    spectrum = np.abs(np.fft.rfft(sound))
    return float(np.fft.rfftfreq(len(sound), 1 / RATE_HZ)[np.argmax(spectrum)])
