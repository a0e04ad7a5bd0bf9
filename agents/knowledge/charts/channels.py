"""From what connected channels show now to the graph: every campaign with its state, brand, account and creative."""

from collections.abc import Iterable
from datetime import datetime

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.facts import CampaignState
from storage.records.graph import NodeRef
from storage.records.record import digest_of

LIVE = "(live)"
"""Said of a source as it is now, beside what its reports say of days."""


def chart_states(states: Iterable[CampaignState], source: str, *, at: datetime) -> tuple[Update, ...]:
    """Statements that hold from `at` on, until the source shows something else."""
    sheet = Sheet(f"{source} {LIVE}")
    for state in states:
        ref = campaign_of(state, source)
        sheet.node(
            ref,
            state.name or state.id,
            first=at,
            status=state.status,
            currency=state.daily_budget.currency,
            daily_budget_minor=state.daily_budget.minor,
        )
        channel = things.channel(state.channel, simulated=state.simulated)
        sheet.node(channel, state.channel.replace("_", " "), simulated=state.simulated)
        sheet.edge(ref, "runs_on", channel, first=at)
        if state.account:
            account = sheet.node(things.account(source, state.account), state.account, platform=source)
            sheet.edge(ref, "belongs_to", account)
        if state.brand:
            brand = sheet.node(things.brand(state.brand, simulated=state.simulated), state.brand)
            sheet.edge(ref, "of_brand", brand, first=at)
        if state.creative:
            creative = things.part(ref, "creative", digest_of({"text": state.creative})[:12])
            sheet.node(creative, state.creative)
            sheet.edge(ref, "uses", creative, first=at)
    return sheet.updates


def campaign_of(state: CampaignState, source: str) -> NodeRef:
    return things.campaign(source, state.account, state.id)
