"""Numbers that agents type: which one is meant, what is known of it, and whether it may be called now.

The rules decide (`core.showing.verdict_on`), here what is asked for the pad, there by the engine when it is dialled.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from dialer.core.ids import CampaignId, LeadId
from dialer.core.model import Campaign, DialFacts
from dialer.core.routing import is_inside
from dialer.core.rules import Forbidden
from dialer.core.showing import as_shown, verdict_on
from dialer.core.ways_out import is_the_houses
from dialer.leads.numbers import country_of, current, read_number
from dialer.leads.why import facts_of, next_phone, stranger
from dialer.store import LeadView, Phone
from dialer.web.bodies import typed_number
from dialer.web.console import Console
from dialer.web.problems import ProblemError

DIGITS_MIN = 6  # fewer are no number that leads outwards


class MayDial(BaseModel):
    """Whether the rules allow the dialling now; `until` is when it may be tried again.

    `number` is what is dialled, of `country`; an `extension` is dialled by hand once somebody answers.
    """

    allowed: bool
    rule: str
    reason: str
    until: float | None
    number: Annotated[str | None, Field(examples=["+525512345678"])] = None
    country: Annotated[str, Field(examples=["MX"])] = ""
    extension: str = ""


def read_typed(text: str, country: str) -> tuple[str, str]:
    """The number (E.164) that is meant, and the extension behind it. Without + it is one of the country, as in lists.

    Raises ProblemError where it is none, or where nothing tells the country.
    """
    if text.strip().startswith("+"):
        try:
            return current(typed_number(text)), ""
        except ValueError as error:
            raise ProblemError("number_unreadable", str(error)) from error
    if not country:
        raise ProblemError("number_needs_country", "write it with + and the country")
    read = read_number(text, country)
    if not read.valid:
        raise ProblemError("number_unreadable", f"no whole number of {country}; write others with + and the country")
    return read.number, read.extension


def read_towards(text: str, country: str) -> tuple[str, str]:
    """As `read_typed`, of whom an agent brings into a talk: few digits alone are a number inside the house."""
    digits = "".join(sign for sign in text if sign not in " .-")
    return (digits, "") if is_inside(digits) else read_typed(text, country)


async def read_dialled(console: Console, campaign: Campaign, text: str) -> tuple[str, str]:
    """As `read_typed`. What may as well be a lead's account or national id is no number before the agent says so."""
    number, extension = read_typed(text, country_of(campaign))
    if not text.strip().startswith("+"):
        for one in await console.store.leads.find(campaign.id, text.strip()):
            if all(phone.number != number for phone in one.phones):
                raise ProblemError("number_ambiguous", f"it is also what a lead is known by; write {number}")
    return number, extension


async def found(console: Console, campaign: Campaign, text: str) -> list[LeadView]:
    """Leads of the campaign by account, national id or number, with + or as it is dialled in the country."""
    leads = {one.id: one for one in await console.store.leads.find(campaign.id, text)}
    country = country_of(campaign)
    read = read_number(text, country) if country and sum(sign.isdigit() for sign in text) >= DIGITS_MIN else None
    if read is not None and read.valid and read.number != text:
        leads |= {one.id: one for one in await console.store.leads.find(campaign.id, read.number)}
    return list(leads.values())


# ---------------------------------------------------------------- whether it may be called


async def may_dial(console: Console, campaign: Campaign, *, number: str | None, lead: int | None) -> MayDial:
    """Whether a call to the lead, or to the number as typed, may be made now."""
    if (number is None) == (lead is None):
        raise ProblemError("invalid", "give a number or a lead")
    extension = ""
    if number is not None:
        dialled, extension = await read_dialled(console, campaign, number)
        facts = await _facts(console, *await _of_number(console, campaign.id, dialled))
    else:
        view = await console.store.leads.view(LeadId(lead or 0), now=console.now())
        if view is None or view.campaign != campaign.id:
            raise ProblemError("not_found", "this is no lead of the campaign")
        phone = next_phone(view, console.now())
        if phone is None:
            return MayDial(allowed=False, rule="no_number", reason="no number of the person may be dialled", until=None)
        facts = await _facts(console, view, phone)
    showing = as_shown(await console.shown(), campaign, facts, console.law, console.now())
    return _said(console, campaign, showing, facts, extension)


async def may_bring_in(console: Console, campaign: Campaign, text: str) -> MayDial:
    """Whether the number, as typed, may be brought into a talk of the campaign's now."""
    number, extension = read_towards(text, country_of(campaign))
    if is_inside(number) and not any(trunk.config.inside for trunk in console.floor.view().trunks):
        return MayDial(allowed=False, rule="no_inside", reason="no trunk leads inside the house", until=None)
    facts = await facts_towards(console, campaign, number)
    if facts is None:
        country = read_number(number, None).country
        return MayDial(
            allowed=True, rule="", reason="", until=None, number=number, country=country, extension=extension
        )
    return _said(console, campaign, campaign, facts, extension)


def _said(console: Console, campaign: Campaign, showing: Campaign | None, facts: DialFacts, extension: str) -> MayDial:
    verdict = verdict_on(facts, campaign, showing, console.law, console.now())
    what = {"number": facts.lead.number, "country": facts.lead.country, "extension": extension}
    if isinstance(verdict, Forbidden):
        return MayDial(allowed=False, rule=verdict.rule, reason=verdict.reason, until=verdict.until, **what)
    return MayDial(allowed=True, rule="", reason="", until=None, **what)


async def facts_towards(console: Console, campaign: Campaign, number: str) -> DialFacts | None:
    """What is known of a number that is to be brought into a talk; None of one inside the house, or of the campaign's
    own directory.

    Raises StoreError: then nothing is known, and nobody is called.
    """
    if is_the_houses(campaign, number):
        return None
    facts = await _facts(console, *await _of_number(console, campaign.id, number, anywhere=True))
    refusal = await console.scrub(number, campaign.id) if console.scrub is not None else ""
    return replace(facts, scrub=refusal)


async def _facts(console: Console, view: LeadView, phone: Phone) -> DialFacts:
    facts = await facts_of(console.store, view, phone, console.now())
    return replace(facts, do_not_call=phone.do_not_call)


async def _of_number(
    console: Console, campaign: CampaignId, number: str, *, anywhere: bool = False
) -> tuple[LeadView, Phone]:
    """Who has the number: a lead of the campaign, with `anywhere` else one of the same client; else a stranger."""
    leads = await console.store.leads.find(campaign, number, limit=1)
    view = leads[0] if leads else await console.store.leads.of_number(campaign, number) if anywhere else None
    view = view or stranger(campaign, number)
    phone = next(one for one in view.phones if one.number == number)
    lists = await console.store.do_not_call.lists_of(number, campaign=campaign, now=console.now())
    return view, replace(phone, do_not_call=lists)
