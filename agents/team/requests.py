"""A plan that a person asks for in so many words: these campaigns, these daily budgets."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from agents.team.agent import JUDGED_AFTER_DAYS, Proposal
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Change, Evidence, Resource, raised_per_day
from storage.records.record import Record

AGENT = "request"
VERSION = "1"


class Unplannable(Record):
    """Why the request cannot become a plan, with what to do about it."""

    reason: str


def requested_proposal(
    campaigns: tuple[CampaignState, ...], budgets: Mapping[str, Decimal], *, person: Person, data_day: date
) -> Proposal | Unplannable:
    """The proposal for campaign (id or exact name) → daily budget in currency units; amounts are not judged here."""
    changes: list[Change] = []
    for wanted, amount in budgets.items():
        found = [one for one in campaigns if wanted.casefold() in (one.id.casefold(), one.name.casefold())]
        if len(found) != 1:
            known = ", ".join(one.id for one in campaigns)
            return Unplannable(reason=f"{len(found) or 'no'} campaigns are called {wanted!r}; the ids are: {known}")
        after = Money.of(amount, found[0].daily_budget.currency)
        if after != found[0].daily_budget:
            changes.append(_change(found[0], after, number=len(changes) + 1))
    if not changes:
        return Unplannable(reason="these campaigns already have these budgets, so there is nothing to change")
    currencies = {change.after.currency for change in changes if isinstance(change.after, Money)}
    if len(currencies) > 1:
        return Unplannable(reason="the campaigns have different currencies: ask for one plan a currency")
    return Proposal(
        title=_title(changes),
        why=(
            f"{person.name} asked for it.",
            "Not forecast: no agent has measured what this change would do.",
        ),
        agent=AGENT,
        agent_version=VERSION,
        changes=tuple(changes),
        kpis=("roas",),
        evidence=(Evidence(id=f"person:{person.id}", label=f"request by {person.name}"),),
        money_at_risk=raised_per_day(changes, currencies.pop()) * JUDGED_AFTER_DAYS,
        irreversible=("Money that is spent until the change is taken back stays spent.",),
        data_day=data_day,
        simulated=any(one.simulated for one in campaigns),
        versions={"agent": VERSION},
    )


def _change(campaign: CampaignState, after: Money, *, number: int) -> Change:
    return Change(
        id=f"c{number}",
        resource=Resource(channel=campaign.channel, id=campaign.id, name=campaign.name),
        field="daily_budget",
        before=campaign.daily_budget,
        after=after,
        unit=f"{after.currency}/day",
        expected_version=campaign.version,
    )


def _title(changes: list[Change]) -> str:
    if len(changes) == 1:
        return f"Set {changes[0].resource.name} to {changes[0].after} a day"
    return f"Set {len(changes)} daily budgets"
