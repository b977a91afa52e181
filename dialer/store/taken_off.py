"""Leads that were given up, or wait, because their numbers were on do-not-call lists come back with these.

Whether a call may be made is asked anew by its reservation.
"""

from collections.abc import Sequence

from dialer.core.ids import LeadId
from dialer.core.quality import Quality
from dialer.store.claim import NUMBER_NOT_DUE, USABLE
from dialer.store.database import Session
from dialer.store.forbidden import FOR_GOOD
from dialer.store.loading import NO_NUMBER
from dialer.store.placement import place_again

# A number rests after a refusal, and after a report that there is none such: that one rests on.
_WAKE = f"""UPDATE phones SET due_at = NULL
    WHERE number IN {{numbers}} AND due_at > $1 AND quality <> '{Quality.SUSPECT}'"""  # noqa: S608 - our own words
_TAKE_UP = f"""UPDATE leads SET state = 'open', due_at = $1, result = '', sort_key = NULL
    WHERE id IN (SELECT l.id FROM phones f JOIN leads l ON l.person = f.person WHERE f.number IN {{numbers}}
            AND ((l.state = 'finished' AND l.result = '{NO_NUMBER}')
                OR (l.state = 'open' AND l.result = '{NUMBER_NOT_DUE}' AND l.due_at > $1))
            AND EXISTS (SELECT 1 FROM phones p WHERE p.person = l.person AND p.number = f.number AND {USABLE}
                AND (p.due_at IS NULL OR p.due_at <= $1) AND NOT {FOR_GOOD})) RETURNING id"""  # noqa: S608 - our own words


async def take_up(session: Session, numbers: Sequence[str], now: float) -> None:
    """Numbers (E.164) are off a list: whoever waited for that is due at once, where no other list forbids it."""
    packed = session.packed(numbers)
    await session.run(_WAKE.format(numbers=session.listed("$2", "text")), now, packed)
    rows = await session.all(_TAKE_UP.format(numbers=session.listed("$2", "text")), now, packed)
    if rows:
        await place_again(session, [LeadId(lead) for (lead,) in rows], now)
