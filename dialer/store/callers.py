"""Who calls: found by the number they were shown and their own, then by whose number it is; and who last spoke with
them. The person is held for the length of the call, as for one of ours."""

from collections.abc import Sequence
from dataclasses import replace

from dialer.core.ids import AgentId, CampaignId, PhoneId
from dialer.core.inbound import is_same_number, is_withheld
from dialer.core.messages import CallerFound, FindCaller
from dialer.core.model import Lead
from dialer.leads.numbers import PhoneType, read_number
from dialer.store.batch import Moment
from dialer.store.claim import LEAD_COLUMNS, lead_of
from dialer.store.database import Session
from dialer.store.forbidden import Asked, forbidding
from dialer.store.reserve import WITHHELD, held_for_caller, nameless_lead, typed_lead

_LOOKED_AT = 20  # the newest calls to the number
_SHOWN = f"""SELECT campaign, lead, phone, caller_id FROM calls WHERE number = $1 AND placed_at IS NOT NULL
    ORDER BY placed_at DESC LIMIT {_LOOKED_AT}"""  # noqa: S608 - our own number
_LEAD = f"SELECT {LEAD_COLUMNS} FROM leads l JOIN phones p ON p.id = $2 WHERE l.id = $1"  # noqa: S608 - our own names
_SPOKE = """SELECT agent FROM calls WHERE person = $1 AND campaign = $2 AND bridged_at IS NOT NULL
    AND agent IS NOT NULL ORDER BY bridged_at DESC LIMIT 1"""


async def find_callers(session: Session, commands: Sequence[FindCaller], moment: Moment) -> list[CallerFound]:
    """Answer each, in order."""
    return [await _find(session, command, moment) for command in commands]


async def _find(session: Session, command: FindCaller, moment: Moment) -> CallerFound:
    number, strange = await _number(session, command), False
    if is_withheld(number):
        lead = None if command.campaign is None else await nameless_lead(session, command.campaign)
    else:
        lead = await _shown(session, command, number)
        if lead is None and command.campaign is not None:
            lead = await typed_lead(session, command.campaign, number)
            strange = _is_strange(number, command)
    if lead is None:
        return CallerFound(command.call, None, None)
    if not lead.zones:  # the clock at the number they called, for the hours
        lead = replace(lead, zones=read_number(f"+{command.number.lstrip('+')}", None).zones)
    lead = replace(lead, listed=await held_for_caller(session, command.call, lead, moment))
    spoke = await session.all(_SPOKE, lead.person, lead.campaign)
    agent = AgentId(spoke[0][0]) if spoke else None
    asked = Asked(lead.number, lead.campaign)
    lists = (await forbidding(session, (asked,), moment.now)).get(asked, ())
    return CallerFound(command.call, lead.campaign, lead, agent, lists, strange)


def _is_strange(number: str, command: FindCaller) -> bool:
    """Whether a number that none of our calls went to is not to be called on a caller's word.

    What a caller shows may be made up, and a call abroad or to a number of added cost may pay whoever made it up.
    """
    called, read = read_number(f"+{command.number.lstrip('+')}", None), read_number(number, None)
    abroad = called.valid and called.country != read.country
    return not read.valid or abroad or read.type is PhoneType.OTHER


async def _number(session: Session, command: FindCaller) -> str:
    """The caller's number in E.164; carriers write it with or without +, or as it is dialled within their country."""
    if is_withheld(command.caller):
        return WITHHELD
    for text in (command.caller, f"+{command.caller.lstrip('+0')}"):
        read = read_number(text, None)
        if read.valid and await _known(session, read.number):
            return read.number
    country = read_number(f"+{command.number.lstrip('+')}", None).country
    national = read_number(command.caller, country or None)
    international = read_number(f"+{command.caller.lstrip('+0')}", None)
    best = next((one for one in (national, international) if one.valid), national)
    return best.number or command.caller


async def _known(session: Session, number: str) -> bool:
    return bool(await session.all("SELECT 1 FROM phones WHERE number = $1 LIMIT 1", number))


async def _shown(session: Session, command: FindCaller, number: str) -> Lead | None:
    """The lead of the last call to them that showed the number they now call; of any of ours, where none did.

    Campaigns that take such calls go first.
    """
    calls = await session.all(_SHOWN, number)
    same = [call for call in calls if is_same_number(call[3], command.number)]
    known = same or (calls if command.campaign is None else _of(command.campaign, calls))
    taking = [call for call in known if call[0] in command.taking]
    if not taking and command.campaign in command.taking:
        return None  # the number is another campaign's by now
    for campaign, lead, phone, _ in taking or known:
        rows = await session.all(_LEAD, lead, PhoneId(phone))
        if rows and rows[0][1] == campaign:
            return lead_of(rows[0])
    return None


def _of(campaign: CampaignId, calls: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    return [call for call in calls if call[0] == campaign]
