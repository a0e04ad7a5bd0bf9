"""Which node a name means: exactly, or not at all."""

from collections.abc import Iterable
from datetime import datetime

from agents.knowledge import things
from agents.knowledge.charts.entities import Named
from storage.ledger import Transaction
from storage.records.alerts import Alert
from storage.records.graph import NodeRef, NodeView


async def named_campaigns(tx: Transaction, now: datetime) -> Named:
    """Folded name or platform's id → campaign, where exactly one is called so."""
    return unique_names(await tx.graph.nodes("campaign", valid_at=now))


async def named_products(tx: Transaction, now: datetime) -> Named:
    return unique_names(await tx.graph.nodes("product", valid_at=now))


async def about_alert(tx: Transaction, alert: Alert, now: datetime) -> tuple[NodeRef, ...]:
    """What an alert names: a campaign by name or id, else a channel."""
    entity = alert.finding.entity
    if campaign := (await named_campaigns(tx, now)).get(things.folded(entity)):
        return (campaign,)
    channel = things.channel(entity, simulated=alert.finding.simulated)
    return (channel,) if await tx.graph.get(channel, valid_at=now) is not None else ()


def unique_names(views: Iterable[NodeView]) -> dict[str, NodeRef]:
    found: dict[str, set[NodeRef]] = {}
    for view in views:
        ids = [one.key.rpartition("/")[2] for one in (view.ref, *view.merged)]
        for name in (view.name, *view.also, *ids):
            found.setdefault(things.folded(name), set()).add(view.ref)
    return {name: next(iter(refs)) for name, refs in found.items() if len(refs) == 1}
