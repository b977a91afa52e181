"""What answering machine detection said, what audits of it heard, and what follows for its errors."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.detection import MACHINES, WINDOW_S, Audit, Verdict
from dialer.core.ids import CallId, CampaignId
from dialer.core.messages import AuditTold
from dialer.core.model import CallRecord
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError
from dialer.store.restore import record_of
from dialer.store.writes import CALL_COLUMNS

HOUR_S = 3600.0
_COLUMNS = ", ".join(f"c.{name}" for name in CALL_COLUMNS)
_UNHEARD = f"""SELECT {_COLUMNS} FROM calls c LEFT JOIN detection_audits a ON a.call = c.id
    LEFT JOIN audit_recordings x ON x.call = c.id
    WHERE c.campaign = $1 AND c.audit <> '' AND c.outcome = 'machine' AND a.call IS NULL AND x.deleted_at IS NULL
    ORDER BY c.reserved_at DESC LIMIT $2"""  # noqa: S608 - our own names
_SCREENED = """SELECT verdict, verdict_reason, detection_s, outcome, disposition, message_at, after_beep FROM calls
    WHERE campaign = $1 AND reserved_at >= $2 AND reserved_at < $3 AND verdict IS NOT NULL"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionReport:
    """How a campaign's detection fared. Times in seconds from answer to verdict, by the nearest rank."""

    verdicts: dict[str, int]
    reasons: dict[str, int]
    p50_s: float | None
    p95_s: float | None
    max_s: float | None
    hung_up: int  # machines that met nobody of ours
    messages: int  # left on machines
    after_beep: int  # of them behind a beep that was heard; the others behind silence
    missed: int  # taken for people, and found by agents to be machines
    heard: int  # audited
    persons: int  # of them
    share: float | None  # of people among the audited machines
    interval: tuple[float, float]  # the exact one of 95 %
    cut_off: tuple[float, float]  # people hung up on, by that interval


class Detections:
    """Verdicts and audits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unheard(self, campaign: CampaignId, limit: int = 50) -> tuple[CallRecord, ...]:
        """Recorded machine calls that nobody has judged yet, newest first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_UNHEARD, campaign, limit)
        return tuple(record_of(row) for row in rows)

    async def judge(self, call: CallId, *, person: bool, by: str, now: float) -> CampaignId:
        """Keep what was heard; the campaign. A second judgement takes the place of the first."""
        async with self._database.writing() as session:
            rows = await session.all("SELECT campaign FROM calls WHERE id = $1 AND audit <> ''", call)
            if not rows:
                raise NotFoundError(f"call {call} was not recorded for an audit of detection")
            await session.run(
                """INSERT INTO detection_audits (call, campaign, at, by_whom, person) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (call) DO UPDATE SET at = excluded.at, by_whom = excluded.by_whom,
                    person = excluded.person""",
                call, rows[0][0], now, by, person,
            )  # fmt: skip
        return CampaignId(rows[0][0])

    async def told(self, campaign: CampaignId, now: float) -> AuditTold:
        """What an engine must know of the campaign's audits and its machines of the last day."""
        async with self._database.reading() as connection:
            session = Session(connection)
            heard, persons = await _audited(session, campaign)
            rows = await session.all(
                f"""SELECT {session.floor("answered_at / 3600.0")} AS hour, count(*) FROM calls
                WHERE campaign = $1 AND reserved_at >= $2 AND outcome = 'machine' AND answered_at IS NOT NULL
                    AND (verdict IS NULL OR verdict <> 'nobody')
                GROUP BY hour ORDER BY hour""",  # noqa: S608 - our own words
                campaign, now - WINDOW_S,
            )  # fmt: skip
        return AuditTold(campaign, heard, persons, tuple((int(hour) * HOUR_S, count) for hour, count in rows))

    async def report(
        self, campaign: CampaignId, since: float, until: float, machine_codes: frozenset[str]
    ) -> DetectionReport:
        """The calls reserved with since <= t < until. `machine_codes`: what agents say of a machine."""
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all(_SCREENED, campaign, since, until)
            heard, persons = await _audited(session, campaign)
        verdicts = Counter(row[0] for row in rows)
        times = sorted(row[2] for row in rows if row[2] is not None)
        hung_up = sum(row[3] == "machine" and row[0] != Verdict.NOBODY for row in rows)
        audit = Audit(heard, persons)
        low, high = audit.interval
        return DetectionReport(
            verdicts=dict(sorted(verdicts.items())),
            reasons=dict(Counter(row[1].partition("-")[0] for row in rows).most_common()),
            p50_s=_rank(times, 50),
            p95_s=_rank(times, 95),
            max_s=times[-1] if times else None,
            hung_up=hung_up,
            messages=sum(row[5] is not None for row in rows),
            after_beep=sum(bool(row[6]) for row in rows),
            missed=sum(row[0] not in MACHINES and row[4] in machine_codes for row in rows),
            heard=heard,
            persons=persons,
            share=persons / heard if heard else None,
            interval=(low, high),
            cut_off=(low * hung_up, high * hung_up),
        )


async def _audited(session: Session, campaign: CampaignId) -> tuple[int, int]:
    [(heard, persons)] = await session.all(
        "SELECT count(*), sum(CASE WHEN person THEN 1 ELSE 0 END) FROM detection_audits WHERE campaign = $1", campaign
    )
    return int(heard), int(persons or 0)


def _rank(values: Sequence[float], share: int) -> float | None:
    return values[max(1, -(-share * len(values) // 100)) - 1] if values else None
