"""A plan that a person asks for in so many words: these campaigns, these budgets, states and creatives."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from agents.team.agent import JUDGED_AFTER_DAYS, Proposal
from storage.records.facts import CampaignState
from storage.records.money import Money, exponent_of
from storage.records.people import Person
from storage.records.plans import Change, Evidence, PlanKind, Resource, Value
from storage.records.record import Record

AGENT = "request"
VERSION = "1"
BUDGET = "daily_budget"
STATUS = "status"
CREATIVE = "creative"
_ELSEWHERE = {
    "price": "no connected channel sets prices yet",
    "discount": "no connected channel sets discounts yet",
    "audience": "no connected channel chooses audiences yet",
    "text": "the rules are changed by countersign policy propose FILE",
}
_STATUSES = ("active", "paused")
_LARGEST_AMOUNT = 10**12
_LONGEST_CREATIVE = 200
_SPENT = "Money that is spent until the change is taken back stays spent."
_SEEN = "Who has seen the new creative has seen it, and the old one may have to pass the channel's review again."


class Wish(Record):
    """One change as a person writes it: a campaign by id, by exact name or as channel/id, a field, its new value."""

    campaign: str
    field: str = BUDGET
    value: str


class Unplannable(Record):
    """Why the request cannot become a plan, with what to do about it."""

    reason: str


def requested_proposal(
    campaigns: Sequence[CampaignState], wishes: Sequence[Wish], *, person: Person, data_day: date
) -> Proposal | Unplannable:
    """The proposal for what is wished; whether it may be done is not judged here."""
    changes: list[Change] = []
    touched: list[CampaignState] = []
    for wish in wishes:
        campaign = _campaign(campaigns, wish.campaign)
        if isinstance(campaign, Unplannable):
            return campaign
        if campaign in touched:
            return Unplannable(reason=f"{campaign.id} is asked for twice: one plan changes one thing of a campaign")
        value = _value(campaign, wish)
        if isinstance(value, Unplannable):
            return value
        touched.append(campaign)
        if value != _held(campaign)[wish.field]:
            changes.append(_change(campaign, wish.field, value, number=len(changes) + 1))
    if not changes:
        return Unplannable(reason="these campaigns already are as wished, so there is nothing to change")
    if len({campaign.daily_budget.currency for campaign in touched}) > 1:
        return Unplannable(reason="the campaigns have different currencies: ask for one plan a currency")
    return _proposal(touched, changes, person=person, data_day=data_day)


def _campaign(campaigns: Sequence[CampaignState], wanted: str) -> CampaignState | Unplannable:
    def called(one: CampaignState) -> tuple[str, ...]:
        return one.id.casefold(), f"{one.channel}/{one.id}".casefold(), one.name.casefold()

    found = [one for one in campaigns if wanted.casefold() in called(one)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.id if not found else f"{one.channel}/{one.id}" for one in found or campaigns)
    return Unplannable(reason=f"{len(found) or 'no'} campaigns are called {wanted!r}; the ids are: {known}")


def _value(campaign: CampaignState, wish: Wish) -> Value | Unplannable:
    """What the field is to hold; where it cannot, why not."""
    if wish.field in _ELSEWHERE:
        return Unplannable(reason=f"{wish.field} of {campaign.id} cannot be asked for: {_ELSEWHERE[wish.field]}")
    if wish.field not in _VALUES:
        known = ", ".join(_VALUES)
        return Unplannable(reason=f"{campaign.id} has no field {wish.field!r}; what can be asked for is {known}")
    return _VALUES[wish.field](campaign, wish.value)


def _budget(campaign: CampaignState, text: str) -> Value | Unplannable:
    currency = campaign.daily_budget.currency
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) > _LARGEST_AMOUNT:
        return Unplannable(reason=f"{text[:40]!r} is no daily budget: write an amount in {currency}, such as 120.50")
    if amount != round(amount, exponent_of(currency)):
        decimals = exponent_of(currency)
        return Unplannable(reason=f"{text[:40]} has more decimals than {currency} has: at most {decimals}")
    if campaign.shared_with:
        others = ", ".join(campaign.shared_with)
        return Unplannable(
            reason=f"{campaign.id} shares its budget with {others}, and a change would move them all: leave it out, "
            "or change the shared budget on the channel"
        )
    return Money.of(amount, currency)


def _status(campaign: CampaignState, text: str) -> Value | Unplannable:
    wanted = text.strip().casefold()
    if wanted in _STATUSES:
        return wanted
    return Unplannable(reason=f"status of {campaign.id} can be {' or '.join(_STATUSES)}, not {text[:40]!r}")


def _creative(campaign: CampaignState, text: str) -> Value | Unplannable:
    if campaign.creative is None:
        return Unplannable(reason=f"{campaign.channel} has no creative of {campaign.id} that could be set")
    wanted = text.strip()
    if not wanted or not wanted.isprintable() or len(wanted) > _LONGEST_CREATIVE:
        return Unplannable(reason=f"a creative is one line of 1 to {_LONGEST_CREATIVE} characters")
    return wanted


_VALUES: dict[str, Callable[[CampaignState, str], Value | Unplannable]] = {
    BUDGET: _budget,
    STATUS: _status,
    CREATIVE: _creative,
}


def _held(campaign: CampaignState) -> dict[str, Value]:
    """What each field holds now."""
    return {BUDGET: campaign.daily_budget, STATUS: campaign.status, CREATIVE: campaign.creative or ""}


def _change(campaign: CampaignState, field: str, after: Value, *, number: int) -> Change:
    return Change(
        id=f"c{number}",
        resource=Resource(channel=campaign.channel, id=campaign.id, name=campaign.name),
        field=field,
        before=_held(campaign)[field],
        after=after,
        unit=f"{after.currency}/day" if isinstance(after, Money) else "",
        expected_version=campaign.version,
    )


def _proposal(
    touched: Sequence[CampaignState], changes: Sequence[Change], *, person: Person, data_day: date
) -> Proposal:
    publishes = any(change.field == CREATIVE for change in changes)
    budgets = {(one.channel, one.id): one.daily_budget for one in touched}
    at_risk = sum(_at_risk(one, budgets[one.resource.channel, one.resource.id]) for one in changes)
    return Proposal(
        kind=PlanKind.CONTENT if publishes else PlanKind.BUDGET,
        title=title_of(changes),
        why=(
            f"{person.name} asked for it.",
            "Not forecast: no agent has measured what this change would do.",
        ),
        agent=AGENT,
        agent_version=VERSION,
        changes=tuple(changes),
        kpis=("roas",),
        evidence=(Evidence(id=f"person:{person.id}", label=f"request by {person.name}"),),
        money_at_risk=Money(minor=at_risk, currency=touched[0].daily_budget.currency) * JUDGED_AFTER_DAYS,
        irreversible=(_SPENT, _SEEN) if publishes else (_SPENT,),
        data_day=data_day,
        simulated=any(one.simulated for one in touched),
        versions={"agent": VERSION},
    )


def _at_risk(change: Change, budget: Money) -> int:
    """Minor units a day that may be spent otherwise than today; what is cut or paused is at no risk."""
    if isinstance(change.before, Money) and isinstance(change.after, Money):
        return max(0, change.after.minor - change.before.minor)
    return 0 if change.after == "paused" and change.field == STATUS else budget.minor


def title_of(changes: Sequence[Change]) -> str:
    """What these changes of campaigns do, in few words."""
    if len(changes) > 1:
        budgets = all(change.field == BUDGET for change in changes)
        return f"Set {len(changes)} daily budgets" if budgets else f"Change {len(changes)} campaigns"
    (change,) = changes
    name = change.resource.name
    if change.field == CREATIVE:
        return f"Show a new creative in {name}"
    if change.field == STATUS:
        return f"{'Pause' if change.after == 'paused' else 'Resume'} {name}"
    return f"Set {name} to {change.after} a day"
