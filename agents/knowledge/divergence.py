"""Divergence: campaigns that push what is out of stock or off the priority list, one finding a product."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from agents.knowledge.charting import Charter
from storage.ledger import Ledger, Transaction
from storage.records.alerts import AlertKind, Finding, Severity
from storage.records.graph import NodeRef, NodeView

MOST_CASES = 10
"""With more products than this, the rest is told in one finding."""
_WORLD = "sandbox"
_GONE = ("archived", "draft")


class Divergence:
    """Compares what campaigns push with what there is to sell."""

    def __init__(self, ledger: Ledger, charter: Charter) -> None:
        self._ledger = ledger
        self._charter = charter

    async def look(self) -> tuple[Finding, ...]:
        """What campaigns push today and should not; the graph is brought up to date before."""
        await self._charter.catch_up()
        at = self._charter.now()
        async with self._ledger.read() as tx:
            products = await tx.graph.nodes("product", valid_at=at)
            ranked = {_source(one) for one in products if "priority" in one.props}
            wrong = [(one, why) for one in products if (why := _why(one, ranked)) is not None]
            pushed = [(one, why, await _pushing(tx, one.ref, at)) for one, why in wrong]
        cases = [(one, why, campaigns) for one, why, campaigns in pushed if campaigns]
        cases.sort(key=lambda case: (-len(case[2]), str(case[0].ref)))
        found = [_finding(one, why, campaigns, at.date()) for one, why, campaigns in cases[:MOST_CASES]]
        return (*found, *_rest(cases[MOST_CASES:], at.date()))


def _why(product: NodeView, ranked: Iterable[str]) -> str | None:
    """What is wrong with pushing the product; None if nothing."""
    stock, status = product.props.get("stock"), product.props.get("status")
    if isinstance(stock, int) and stock <= 0:
        return "is out of stock"
    if status in _GONE:
        return f"is {status} in the shop"
    if _source(product) in ranked and "priority" not in product.props:
        return "is not on the priority list"
    return None


async def _pushing(tx: Transaction, product: NodeRef, at: datetime) -> tuple[NodeView, ...]:
    """Running campaigns that promote it, or a part of which does."""
    found = await tx.graph.as_of(product, valid_at=at, relations=("promotes", "part_of"), hops=3)
    if found is None:
        return ()
    above = {edge.src: edge.dst for edge in found.edges if edge.relation == "part_of"}
    refs: set[NodeRef] = set()
    for edge in found.edges:
        if edge.relation == "promotes" and edge.dst == found.centre:
            ref = edge.src
            while ref.type != "campaign" and ref in above:
                ref = above[ref]
            refs.add(ref)
    views = {node.ref: node for node in found.nodes}
    campaigns = [views[ref] for ref in refs if ref.type == "campaign" and ref in views]
    running = [one for one in campaigns if one.props.get("status", "active") in ("active", "enabled")]
    return tuple(sorted(running, key=lambda one: (one.name, one.ref.key)))


def _finding(product: NodeView, why: str, campaigns: Sequence[NodeView], day: date) -> Finding:
    stock = product.props.get("stock")
    units = [f"{product.name} has {stock} units in stock, as {_source(product)} says."] if stock is not None else []
    return Finding(
        key=f"divergence/{product.ref.key}"[:300],
        kind=AlertKind.DIVERGENCE,
        severity=Severity.WARNING,
        kpi="spend",
        entity=product.name,
        title=f"{_count(len(campaigns))} {'pushes' if len(campaigns) == 1 else 'push'} {product.name}, which {why}",
        detail=(
            *units,
            *(f"{one.name} pushes it ({_source(one)} {one.ref.key.rpartition('/')[2]})." for one in campaigns),
        ),
        cause=f"{product.name} {why}",
        seen_on=day,
        evidence=(),
        simulated=_source(product) == _WORLD,
    )


def _rest(cases: Sequence[tuple[NodeView, str, Sequence[NodeView]]], day: date) -> tuple[Finding, ...]:
    if not cases:
        return ()
    return (
        Finding(
            key="divergence/more",
            kind=AlertKind.DIVERGENCE,
            severity=Severity.WARNING,
            kpi="spend",
            entity=f"{len(cases)} products",
            title=f"{len(cases)} more products are pushed that should not be",
            detail=tuple(
                f"{one.name} {why}: {', '.join(campaign.name for campaign in campaigns)}."
                for one, why, campaigns in cases[:40]
            ),
            cause="stock and priority list against what campaigns push",
            seen_on=day,
            simulated=_source(cases[0][0]) == _WORLD,
        ),
    )


def _count(number: int) -> str:
    return "A campaign" if number == 1 else f"{number} campaigns"


def _source(view: NodeView) -> str:
    return view.ref.key.partition("/")[0]
