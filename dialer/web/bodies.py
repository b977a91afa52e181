"""What the API takes: strict models, in which an unknown key or a wrong type is an error. Nothing is done here."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from dialer.core.model import Category, Demand, Mode, OptOut
from dialer.core.packs.schema import Purpose
from dialer.core.routing import is_inside
from dialer.core.screen_pop import EXAMPLE, LENGTH_MAX, Opens, template_fault
from dialer.core.selection import Order, Scope
from dialer.leads.numbers import COUNTRIES
from dialer.shifts import SHIFT
from dialer.web.line_bodies import DetectionGiven, InboundGiven
from pacing import Policy, WindowKind


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def typed_number(text: str) -> str:
    """A number as a person types it, in E.164: + and the country first. Raises ValueError for another."""
    number = "".join(sign for sign in text if sign not in " -.()\u00a0")
    if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit() and 8 <= len(number) <= 16):
        raise ValueError("a number begins with + and the country's code, and has 7 to 15 digits")
    return number


def typed_reachable(text: str) -> str:
    """As `typed_number`; a number inside the house, such as 2001, as well."""
    digits = "".join(sign for sign in text if sign not in " .-")
    return digits if is_inside(digits) else typed_number(text)


PLAIN = r"^[^\x00-\x1f]*$"  # no control signs: databases and logs would trip over them
Named = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]
Number = Annotated[str, Field(max_length=40, examples=["+52 55 1234 5678"]), AfterValidator(typed_number)]
Reachable = Annotated[str, Field(max_length=40, examples=["+52 55 1234 5678", "2001"]), AfterValidator(typed_reachable)]
Typed = Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN, examples=["55 1234 5678"])]
Id = Annotated[int, Field(ge=1, lt=1 << 53)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]
# A strict model takes no text for an enumeration; JSON has nothing else.
ModeName = Annotated[Mode, Field(strict=False)]
PurposeName = Annotated[Purpose, Field(strict=False)]
PolicyName = Annotated[Policy, Field(strict=False)]
WindowName = Annotated[WindowKind, Field(strict=False)]
CategoryName = Annotated[Category, Field(strict=False)]
DemandName = Annotated[Demand, Field(strict=False)]
OrderName = Annotated[Order, Field(strict=False)]
OptOutName = Annotated[OptOut, Field(strict=False)]
ScopeName = Annotated[Scope, Field(strict=False)]
OpensName = Annotated[Opens, Field(strict=False)]
SkillName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,40}$", examples=["english"])]


class SignIn(Body):
    """Either login and password (with the one-time code, where the user has one), or an agent's code and PIN."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "maria", "password": "…"}, {"code": "1001", "pin": "…"}]}
    )
    login: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    password: Annotated[str, Field(max_length=200)] = ""
    code: Annotated[str, Field(max_length=20, pattern=PLAIN)] = ""
    pin: Annotated[str, Field(max_length=20)] = ""
    totp: Annotated[str, Field(max_length=20)] = ""

    @model_validator(mode="after")
    def _one_way(self) -> "SignIn":
        if bool(self.login) == bool(self.code):
            raise ValueError("give login and password, or code and pin")
        return self


class DeskSignIn(Body):
    """Another phone than the configured one may be named; a phone that dials in is not named at all."""

    endpoint: Annotated[str | None, Field(pattern=r"^PJSIP/[A-Za-z0-9_.\-]{1,60}$", examples=["PJSIP/desk12"])] = None


class Pause(Body):
    reason: Annotated[str, Field(max_length=80, pattern=PLAIN, examples=["lunch"])] = ""


class OfCall(Body):
    """`call`: which one is meant. Where another is there by now, nothing is done (409). Left out: any."""

    call: Id | None = None


class OfLead(Body):
    """`lead`: which of the leads shown is meant, likewise."""

    lead: Id | None = None


class RecordingPause(OfCall):
    paused: bool


class Dial(Body):
    """A number or a lead, exactly one."""

    campaign: Id
    number: Typed | None = None
    lead: Id | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "Dial":
        if (self.number is None) == (self.lead is None):
            raise ValueError("give a number or a lead")
        return self


class Towards(OfCall):
    """Whom to bring in, or to transfer to: a number of the world's, or one inside the house (2001)."""

    number: Typed


class Disposed(Body):
    """What the agent says of a call. The time of a callback: `callback_at` as seconds since 1970, or `callback_local`
    as the clock shows it where the person is; `callback_mine`: by this agent alone."""

    call: Id
    code: Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN, examples=["PTP"])]
    callback_at: Annotated[float, Field(gt=0, lt=1e11)] | None = None
    callback_local: (
        Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$", examples=["2026-11-27T15:30"])] | None
    ) = None
    callback_mine: bool = False
    notes: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")] = ""


class Pace(Body):
    """Pacing settings; what is left out stays as it is."""

    policy: PolicyName = Policy.PREDICTIVE
    abandon_cap: Annotated[float, Field(ge=0, le=0.5, examples=[0.03])] = 0.03
    window: WindowName = WindowKind.HOURS_24
    target: Annotated[float, Field(ge=0.05, le=1)] | None = None
    intensity: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    connect_within_s: Annotated[float, Field(ge=0, le=60)] = 2.0
    ring_timeout_s: Annotated[float, Field(ge=5, le=120)] = 28.0
    occupancy_max: Annotated[float, Field(ge=0.5, le=1)] | None = None
    ratio: Annotated[float, Field(ge=0, le=100)] = 1.5

    def changes(self) -> Mapping[str, object]:
        """What was given, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OpenHours(Body):
    """Hours of the callee's own time in which calls may begin."""

    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, examples=[[0, 1, 2, 3, 4]])]
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["08:00"])]
    closes: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["20:00"])]


class RulesGiven(Body):
    """What the campaign must keep; null = no such limit. What is left out stays as it is."""

    name: Named = "default"
    windows: Annotated[list[OpenHours], Field(min_length=1, max_length=50)] = []
    number_dials_24h_max: Annotated[int, Field(ge=0)] | None = None
    person_dials_24h_max: Annotated[int, Field(ge=0)] | None = None
    person_dials_7d_max: Annotated[int, Field(ge=0)] | None = None
    number_gap_min_s: Annotated[float, Field(ge=0)] = 0.0
    contact_gap_min_s: Annotated[float, Field(ge=0)] = 0.0


class DispositionGiven(Body):
    code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_\-]+$")]
    label: Named
    category: CategoryName
    group: Annotated[str, Field(max_length=120, pattern=PLAIN, examples=["Contact/Promise"])] = ""
    demands: Annotated[list[DemandName], Field(max_length=4)] = []


class ChoiceGiven(Body):
    label: Named
    to: Named


class ScriptStepGiven(Body):
    """A step of the script; a choice leads to the step of that name."""

    name: Named
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    choices: Annotated[list[ChoiceGiven], Field(max_length=12)] = []


class PartGiven(Body):
    """A part of the mix. `filter` says which leads are of it; `share` of what is claimed comes from it."""

    name: Named
    filter: Annotated[str, Field(min_length=1, max_length=2000, examples=["segment = 'old'"])]
    share: Annotated[float, Field(gt=0, le=1)]
    calls_24h_max: Annotated[int, Field(ge=0)] | None = None
    contacts_24h_max: Annotated[int, Field(ge=0)] | None = None


class CapGiven(Body):
    """At most `count` dials in any span of `span_s` of the number, the account or the person."""

    scope: ScopeName
    count: Annotated[int, Field(ge=1)]
    span_s: Annotated[float, Field(gt=0, le=5_356_800)]  # as far back as calls are looked at


class SelectionGiven(Body):
    """How the campaign chooses among its leads; what is left out stays as it is."""

    order: OrderName = Order.DUE
    expression: Annotated[str, Field(max_length=2000, examples=["balance * score"])] = ""
    filter: Annotated[str, Field(max_length=2000, examples=["balance > 1000 and days_past_due < 90"])] = ""
    parts: Annotated[list[PartGiven], Field(max_length=32)] = []
    caps: Annotated[list[CapGiven], Field(max_length=20)] = []
    expires_after_s: Annotated[float, Field(gt=0)] | None = None
    callback_grace_s: Annotated[float, Field(ge=0, le=604_800)] = 900.0
    best_hour: bool = False


class RecyclingGiven(Body):
    """What becomes of a lead after an outcome or disposition. `delay_s` null: it is finished, or goes to `campaign`."""

    code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_\-]+$")]
    delay_s: Annotated[float, Field(ge=0, le=31_536_000)] | None = None
    factor: Annotated[float, Field(ge=1, le=100)] = 1.0
    delay_max_s: Annotated[float, Field(gt=0)] = 604_800.0
    same_number: bool = False
    campaign: Id | None = None


class TrunkTurnGiven(Body):
    """The priority (lower goes first) and weight of a trunk in this campaign; null: as the trunk's own."""

    trunk: Named
    priority: Annotated[int, Field(ge=-1000, le=1000)] | None = None
    weight: Annotated[float, Field(ge=0, le=1000)] | None = None


class ScreenPopGiven(Body):
    """The lead's page in another system: https, with {external_id} and the like behind the host; empty: none."""

    template: Annotated[str, Field(max_length=LENGTH_MAX, examples=[EXAMPLE])] = ""
    opens: OpensName = Opens.LINK

    @model_validator(mode="after")
    def _address(self) -> "ScreenPopGiven":
        if self.template and (fault := template_fault(self.template)):
            raise ValueError(fault)
        return self


class ContactGiven(Body):
    """Whom agents may bring into a talk whatever the calling rules say: a number with +, or one inside the house."""

    name: Named
    number: Reachable


def _country(code: str) -> str:
    if code and code not in COUNTRIES:
        raise ValueError("a code of two letters, such as MX, CL or BR; empty: that of the number shown")
    return code


class CampaignChange(Body):
    """A campaign's settings; what is left out stays as it is."""

    name: Named = ""
    mode: ModeName = Mode.PREDICTIVE
    purpose: PurposeName = Purpose.COLLECTIONS
    trunks: Annotated[list[Named], Field(max_length=50)] = []
    trunk_turns: Annotated[list[TrunkTurnGiven], Field(max_length=50)] = []
    least_cost: bool = False
    caller_id: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    lines_max: Annotated[int, Field(ge=0, le=100_000)] = 100
    ring_timeout_s: Annotated[float, Field(ge=5, le=120)] = 28.0
    wait_max_s: Annotated[int, Field(ge=1, le=60)] = 2
    message: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_./\-]*$")] = ""
    wrap_up_max_s: Seconds = 30.0
    preview_max_s: Seconds = 30.0
    preview_skips_max: Annotated[int, Field(ge=0, le=1000)] = 5
    record: bool = True
    attempts_max: Annotated[int, Field(ge=1, le=1000)] = 10
    opt_out: OptOutName = OptOut.EVERYBODY
    pacing: Pace = Pace()
    rules: RulesGiven = RulesGiven()
    dispositions: Annotated[list[DispositionGiven], Field(min_length=1, max_length=200)] = []
    recycling: Annotated[list[RecyclingGiven], Field(max_length=200)] = []
    selection: SelectionGiven = SelectionGiven()
    detection: DetectionGiven = DetectionGiven()
    inbound: InboundGiven = InboundGiven()
    right_party_check: bool = True
    script: Annotated[list[ScriptStepGiven], Field(max_length=100)] = []
    screen_pop: ScreenPopGiven = ScreenPopGiven()
    directory: Annotated[list[ContactGiven], Field(max_length=200)] = []
    country: Annotated[str, Field(description="ISO 3166 alpha-2"), AfterValidator(_country)] = ""
    skills: Annotated[list[SkillName], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _each_trunk_once(self) -> "CampaignChange":
        names = [one.trunk for one in self.trunk_turns]
        if len(set(names)) < len(names):
            raise ValueError("trunk_turns name one trunk twice")
        return self

    @model_validator(mode="after")
    def _whole_script(self) -> "CampaignChange":
        names = [step.name for step in self.script]
        if len(set(names)) < len(names):
            raise ValueError("two steps of the script have one name")
        for step in self.script:
            for choice in step.choices:
                if choice.to not in names:
                    raise ValueError(f"the script's step {step.name!r} leads to {choice.to!r}, which is none")
        return self


class CampaignGiven(CampaignChange):
    """A new campaign. What is left out is as a campaign is by default."""

    name: Named
    client: Id
    mode: ModeName


class AgentGiven(Body):
    """A new agent. The PIN goes with the code, from a phone or at the desk; the password with the login; `elsewhere`:
    whoever has that login at the house's provider of accounts is this agent, from the first time on."""

    name: Named
    login: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.@\-]+$")]
    code: Annotated[str, Field(pattern=r"^\d{1,20}$")] | None = None
    pin: Annotated[str, Field(pattern=r"^\d{4,20}$")] | None = None
    password: Annotated[str, Field(min_length=8, max_length=200)] | None = None
    campaigns: Annotated[list[Id], Field(max_length=200)] = []
    endpoint: Annotated[str, Field(max_length=80, pattern=r"^(PJSIP/[A-Za-z0-9_.\-]+)?$")] = ""
    team: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    skills: Annotated[list[SkillName], Field(max_length=50)] = []
    shift: Annotated[str, Field(pattern=SHIFT, examples=["mon-fri 09:00-13:00 14:00-18:00"])] = ""
    elsewhere: bool = False


Track = Literal["both", "person", "agent"]
