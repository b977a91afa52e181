"""Which leads a campaign takes, in what order, and in what mix. Settings, and the place that they give to a lead.

A place is worked out when a lead comes in, when something of it changes, and when its time comes; the store keeps it
and finds the next leads by it. Whether a call may be made is decided by the rules, not here. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import fsum

from dialer.core.expressions import Facts, number, parse
from dialer.core.packs.schema import Dial
from dialer.core.rules import DAY_S, Forbidden

FILTERED_OUT = -1  # the part of leads that the campaign's filter leaves out
PARTS_MAX = 32


class Order(StrEnum):
    """What comes first among the due leads of a priority."""

    DUE = "due"  # the longest due
    BALANCE = "balance"  # the most owed
    AGE = "age"  # the most days past due
    RANK = "rank"  # the list's own rank, the lowest number
    RANDOM = "random"
    LEAST_TRIED = "least_tried"
    SCORE = "score"  # the likeliest to bring a right party to the phone
    EXPRESSION = "expression"  # the highest value


class Scope(StrEnum):
    """Whose attempts a cap counts."""

    NUMBER = "number"
    LEAD = "lead"  # the account in this campaign
    ACCOUNT = "account"  # in all campaigns
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` dials in any span of `span_s`, of the number, the lead, its account or its person."""

    scope: Scope
    count: int
    span_s: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.span_s <= 0:
            raise ValueError(f"a cap of {self.count} in {self.span_s} s: at least 1, in a span longer than 0")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the mix: the leads of its filter that no part before it took, `share` of what is claimed."""

    name: str
    filter: str
    share: float
    calls_24h_max: int | None = None  # its quota; None = none
    contacts_24h_max: int | None = None

    def __post_init__(self) -> None:
        parse(self.filter)
        if not 0 < self.share <= 1:
            raise ValueError(f"part {self.name!r}: its share is {self.share}; more than 0, at most 1")

    @property
    def limited(self) -> bool:
        return self.calls_24h_max is not None or self.contacts_24h_max is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How a campaign chooses among its leads. Leads of no part share what the parts leave."""

    order: Order = Order.DUE
    expression: str = ""  # of Order.EXPRESSION
    filter: str = ""  # leads that it does not hold for are left out; empty = none are
    parts: tuple[Part, ...] = ()
    caps: tuple[Cap, ...] = ()
    expires_after_s: float | None = None  # of leads whose list says nothing of it
    callback_grace_s: float = 900.0  # an agent's own callback is anybody's after this
    best_hour: bool = False  # tried again at the hour in which the person is likeliest to answer

    def __post_init__(self) -> None:
        if self.filter:
            parse(self.filter)
        if (self.order is Order.EXPRESSION) != bool(self.expression):
            raise ValueError("an expression goes with the order 'expression', and with no other")
        if self.expression:
            parse(self.expression)
        if len(self.parts) > PARTS_MAX:
            raise ValueError(f"{len(self.parts)} parts: at most {PARTS_MAX}")
        if fsum(part.share for part in self.parts) > 1 + 1e-9:
            raise ValueError("the shares of the parts add up to more than 1")

    @property
    def places(self) -> bool:
        """Whether leads have another place than by their time alone."""
        return bool(self.parts or self.filter) or self.sorts

    @property
    def sorts(self) -> bool:
        return self.order is not Order.DUE

    @property
    def scores(self) -> bool:
        """Whether the order asks how likely an answer is."""
        return self.order is Order.SCORE or "score" in self.expression


def part_of(selection: Selection, facts: Facts) -> int:
    """The part that the lead belongs to; the one after all parts where none takes it."""
    if selection.filter and not parse(selection.filter)(facts):
        return FILTERED_OUT
    for number_, part in enumerate(selection.parts):
        if parse(part.filter)(facts):
            return number_
    return len(selection.parts)


def sort_key(selection: Selection, facts: Facts, lead: int) -> float | None:
    """The lead's place among the due ones, the lowest first; None where its time alone decides."""
    match selection.order:
        case Order.DUE:
            return None
        case Order.RANDOM:
            return float(lead * 2_654_435_761 % 4_294_967_296)  # the same each time, and in no order
        case Order.RANK:
            return number(facts.get("rank")) if facts.get("rank") is not None else 1e12
        case Order.LEAST_TRIED:
            return number(facts.get("attempts"))
        case Order.EXPRESSION:
            return -number(parse(selection.expression)(facts))
    name = {Order.BALANCE: "balance", Order.AGE: "days_past_due", Order.SCORE: "score"}[selection.order]
    return -number(facts.get(name))


def portions(selection: Selection, count: int, turn: float, closed: Sequence[int] = ()) -> list[tuple[int, int]]:
    """How many of `count` leads come from each part that is not closed; what no part has a share in goes to the rest.

    `turn` from 0 to 1 decides which parts get the odd ones, so that small shares come to their own in time.
    """
    rest = len(selection.parts)
    shares = [part.share for part in selection.parts]
    shares.append(max(0.0, 1.0 - fsum(shares)))
    shares = [0.0 if n in closed else share for n, share in enumerate(shares)]
    total = fsum(shares)
    if total <= 0:
        return [] if rest in closed else [(rest, count)]
    ends = [int(end / total * count + turn) for end in accumulate(shares)]
    ends[-1] = count
    starts = [0, *ends[:-1]]
    return [
        (n, max(0, end - start)) for n, (start, end) in enumerate(zip(starts, ends, strict=True)) if n not in closed
    ]


def capped(caps: Sequence[Cap], dials: Sequence[Dial], now: float) -> Forbidden | None:
    """The campaign's own cap that forbids another dial now, and until when."""
    for cap in caps:
        times = sorted(one.at for one in dials if getattr(one, cap.scope) and one.at > now - cap.span_s)
        if len(times) >= cap.count:
            days = cap.span_s / DAY_S
            reason = f"{len(times)} dials of the {cap.scope} in {days:g} days, at most {cap.count}"
            return Forbidden(f"campaign.{cap.scope}_cap", reason, times[-cap.count] + cap.span_s)
    return None
