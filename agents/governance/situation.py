"""What the rules judge: a plan and its world as measured integers and names, before any limit is looked at.

It is stored with the verdict, so that other rules, limits and calendars can be asked about the same past.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from agents.governance.limits import LARGEST_MINOR
from storage.records.freshness import StaleSource
from storage.records.money import Money
from storage.records.people import Role
from storage.records.plans import Plan, PlanKind
from storage.records.record import Record
from storage.records.verdicts import Reason

LARGEST_TOTAL = 2**53
"""No measured number is larger, up or down; 64 bits hold it many times over."""
NO_MONEY = Money(minor=0, currency="XXX")
"""Stands where a plan's money at risk is no amount at all; such a plan is refused."""

Total = Annotated[int, Field(ge=-LARGEST_TOTAL, le=LARGEST_TOTAL)]


def is_amount(value: object) -> bool:
    """Whether it is money that can be judged: whole, and within what 64 bits hold times the largest share."""
    # A bool is an int to Python, and Cedar's integers end where Python's do not.
    return isinstance(value, Money) and type(value.minor) is int and abs(value.minor) <= LARGEST_MINOR


def _judgeable(value: Money) -> Money:
    if not is_amount(value):
        raise ValueError("not an amount of money that can be judged")
    return value


Amount = Annotated[Money, AfterValidator(_judgeable)]


class Measured(Record):
    """Base of what was measured; nothing is converted on the way in: "2" is no number, and neither is true."""

    model_config = ConfigDict(strict=True)


class Asker(Measured):
    """The person who asked for the plan, as known while judging."""

    id: str
    roles: tuple[Role, ...]
    """Sorted."""
    active: bool


class Sums(Measured):
    """Daily budgets of the plan's currency within one scope, in minor units; a campaign counts if it may spend."""

    now: Total
    after: Total
    """As the plan would leave them."""
    month_now: Total | None = None
    """Spent in the source's calendar month so far, and the daily budgets to its end; None if unknown."""
    month_after: Total | None = None


NOTHING = Sums(now=0, after=0)


class Case(Measured):
    """The case of a monitor that a plan answers, as it stands while judging."""

    kpi: str
    channel: str = ""
    """Empty for a case of all channels."""
    large: bool


class Step(Measured):
    """One change of the plan; names are as the source gives them, for the plan's were chosen by whoever wrote it."""

    key: str
    """The `Resource.key` of what is changed."""
    channel: str
    name: str
    simulated: bool
    known: bool
    """Whether its source shows it."""
    as_planned: bool
    """Whether it holds now what the plan changes from (or already what it changes to)."""
    repeated: bool
    """Whether the plan changes the same field of it more than once."""
    restores_original: bool
    """Whether the value is the one from before the plan that is taken back."""


class CampaignStep(Step):
    account: str = ""
    brand: str = ""


class BudgetStep(CampaignStep):
    area: Literal["budget"]
    before: Amount
    after: Amount
    live: Amount | None = None
    week_before: Amount
    """Before the first change of ours in the last 7 days."""
    same_currency: bool
    """All four, and the plan's money at risk."""
    learning: bool
    """In the platform's learning phase, or perhaps."""


class StatusStep(CampaignStep):
    area: Literal["status"]
    before: str
    after: str
    live: str | None = None
    same_currency: bool
    """Its daily budget and the plan's money at risk."""


class ContentStep(CampaignStep):
    """Texts are shortened for people."""

    area: Literal["content"]
    before: str
    after: str
    live: str | None = None


class AudienceStep(CampaignStep):
    area: Literal["audience"]
    before: str
    after: str
    """Ids of audiences."""
    audience_name: str
    audience_known: bool
    """Whether a source shows it, marked as the plan is."""
    consented: bool
    people: Total


class ProductStep(Step):
    """A product as the whole plan would leave it."""

    net: Amount
    """What is paid for it: the price with all discounts taken off, rounded down."""
    net_now: Amount
    """What is paid for it now."""
    unit_cost: Amount
    stacked_bp: Total
    """All its discounts added up, in basis points of the price."""
    same_currency: bool
    """Price, cost and the plan's money at risk."""


class PriceStep(ProductStep):
    area: Literal["price"]
    before: Amount
    after: Amount
    live: Amount | None = None


class DiscountStep(ProductStep):
    area: Literal["discount"]
    before: Total
    """In basis points of the price; 0 for none."""
    after: Total
    live: tuple[Total, ...]


class RulesStep(Step):
    area: Literal["rules"]
    files: tuple[str, ...]
    """Names of the texts it changes."""


AnyStep = Annotated[
    BudgetStep | StatusStep | ContentStep | AudienceStep | PriceStep | DiscountStep | RulesStep,
    Field(discriminator="area"),
]


class Situation(Measured):
    """Everything that any rules may need to know of one revision of a plan at one moment, but the moment.

    `model_dump_json(exclude_defaults=True)` is its short form; `model_validate_json` reads it back, and raises
    ValidationError for what cannot be judged.
    """

    shape: Literal[1] = 1
    """Rises when older ones can no longer be judged."""
    plan: str
    kind: PlanKind
    simulated: bool
    agent: str
    skills: tuple[str, ...] = ()
    """Of the agent, sorted."""
    requested_by: str | None = None
    asker: Asker | None = None
    at_risk: Amount
    raised: Total = 0
    """The raises a day, without the cuts that pay for them; a campaign that is resumed is raised from nothing."""
    sums: dict[str, Sums] = Field(default_factory=dict)
    """By `TOTAL` and `scope(…)`, of every scope that the plan touches."""
    data_age_days: Total | None = None
    data_sla_days: Total = 0
    late: tuple[StaleSource, ...] = ()
    """Sources behind it that are older than was promised, the longest late first."""
    evaluation_age_days: Total | None = None
    case: Case | None = None
    """What it intervenes in, for a plan that a monitor made by itself."""
    glass: bool = False
    """Whether broken glass is behind it; never for a change of the rules, which takes two people always."""
    steps: tuple[AnyStep, ...] = ()
    problems: tuple[Reason, ...] = ()
    """What keeps it from being judged at all; then nothing else here counts."""

    @property
    def changes_rules(self) -> bool:
        return any(isinstance(step, RulesStep) for step in self.steps)

    def sums_of(self, kind: str, name: str) -> Sums:
        """Of one channel, account or brand; nothing where the source names none."""
        return self.sums.get(scope(kind, name), NOTHING) if name else NOTHING


TOTAL = "total"
"""The key of the sums of all campaigns."""
SCOPES = ("channel", "account", "brand")


def scope(kind: str, name: str) -> str:
    """The key of the sums of one channel, account or brand."""
    return f"{kind}:{name}"


def changes_rules(plan: Plan) -> bool:
    """Whether the plan changes the rules themselves, be it forwards or back; broken glass never carries that."""
    return any(change.resource.kind == "policy" for change in plan.changes)
