"""A business for `bench graph`, always the same: campaigns, what they push, whom they address, what was done to them.

Degrees are uneven as they are in life: a few audiences and products are everybody's, most are of one campaign.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from agents.knowledge.conflicts import Intent
from storage.records.graph import EdgeUpdate, NodeRef, NodeUpdate

NOW = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)
SOURCE = "bench"
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 500
_SHARES = {
    "campaign": 0.10,
    "ad_group": 0.28,
    "creative": 0.28,
    "product": 0.20,
    "audience": 0.05,
    "content_item": 0.05,
    "event": 0.02,
    "plan": 0.015,
}
"""Of all nodes; the rest are few of each."""
_FEW = {
    "channel": 8,
    "account": 120,
    "brand": 40,
    "category": 400,
    "owner": 150,
    "kpi": 40,
    "market": 30,
}
_EDGES = (
    ("runs_on", "campaign", "channel", 1),
    ("belongs_to", "campaign", "account", 1),
    ("owned_by", "campaign", "owner", 1),
    ("of_brand", "product", "brand", 1),
    ("part_of", "ad_group", "campaign", 1),
    ("part_of", "creative", "ad_group", 1),
    ("in_category", "product", "category", 1),
    ("in_market", "campaign", "market", 2),
    ("measured_by", "campaign", "kpi", 2),
    ("promotes", "campaign", "product", 12),
    ("promotes", "ad_group", "product", 3),
    ("addresses", "campaign", "audience", 5),
    ("addresses", "ad_group", "audience", 1),
    ("uses", "ad_group", "creative", 2),
    ("uses", "campaign", "content_item", 2),
    ("concerns", "event", "campaign", 3),
    ("concerns", "event", "product", 3),
    ("changes", "plan", "campaign", 4),
)
"""Relation, ends, and how many of it a source node has in proportion."""
_ENDED = 0.17
"""Share of edges that are over."""
CORRECTED = 0.13
"""Share of edges that were first stated wrongly: two rows each."""
_EXTRA = {"concerns": ("field", "budget"), "changes": ("field", "budget")}


def counts(nodes: int) -> dict[str, int]:
    """How many nodes of each type."""
    many = nodes - sum(_FEW.values())
    made = {kind: max(1, int(many * share)) for kind, share in _SHARES.items()} | _FEW
    made["creative"] += nodes - sum(made.values())
    return made


def node_updates(nodes: int) -> Iterator[NodeUpdate]:
    for kind, count in counts(nodes).items():
        for number in range(count):
            ref = NodeRef(type=kind, key=str(number))
            yield NodeUpdate(ref=ref, name=f"{kind.replace('_', ' ').title()} {number}", source=SOURCE, load="L-1")


def edge_updates(nodes: int, rows: int) -> Iterator[tuple[EdgeUpdate, EdgeUpdate | None]]:
    """(statement, its correction or None), so many of both together."""
    dice = random.Random(7)  # noqa: S311 - a workload, no secret
    made = counts(nodes)
    weight = sum(made[src] * degree for _, src, _, degree in _EDGES if degree > 1)
    single = sum(made[src] for _, src, _, degree in _EDGES if degree == 1)
    # A little more than needed: nodes drawn twice count once, and it stops at the number asked for.
    stretch = 1.05 * max(0.0, rows / (1 + CORRECTED) - single) / weight
    left = rows
    for relation, src, dst, degree in sorted(_EDGES, key=lambda edge: edge[3]):
        for number in range(made[src]):
            wanted = degree * stretch if degree > 1 else 1
            count = int(wanted) + (dice.random() < wanted % 1)
            for other in _targets(dice, made[dst], count):
                if left <= 0:
                    return
                edge = _edge(dice, relation, NodeRef.model_construct(type=src, key=str(number)), dst, other)
                wrong = left > 1 and dice.random() < CORRECTED
                left -= 1 + wrong
                yield (edge, _corrected(edge) if wrong else None)


def intents(count: int) -> list[Intent]:
    """What agents of a large team might want in one week; some of it at once."""
    dice = random.Random(11)  # noqa: S311 - a workload, no secret
    wanted = []
    for number in range(count):
        first = NOW + timedelta(hours=dice.randrange(24 * 7))
        campaign = f"campaign-{dice.randrange(max(1, count // 2))}"
        wanted.append(
            Intent(
                id=f"PLAN-{number}",
                first=first,
                last=first + timedelta(days=dice.randrange(1, 15)),
                filed_at=NOW - timedelta(minutes=dice.randrange(10_000)),
                rank=dice.randrange(3),
                places=(f"channel:{dice.randrange(8)}",),
                budgets=(campaign,) if dice.random() < 0.6 else (),
                audiences=(f"audience-{dice.randrange(count)}",) if dice.random() < 0.4 else (),
                prices=((f"product-{dice.randrange(count)}", dice.choice((1, -1))),) if dice.random() < 0.2 else (),
                bids=((f"keyword {dice.randrange(count)}", campaign),) if dice.random() < 0.3 else (),
                contacts=((f"audience-{dice.randrange(count)}", dice.randrange(1, 4)),) if dice.random() < 0.3 else (),
            )
        )
    return wanted


def _targets(dice: random.Random, among: int, wanted: int) -> set[int]:
    """Different nodes, the first ones more often."""
    return {min(among - 1, int(among * dice.random() ** 1.5)) for _ in range(wanted)}


def _edge(dice: random.Random, relation: str, src: NodeRef, kind: str, number: int) -> EdgeUpdate:
    start = _FIRST + timedelta(days=dice.randrange(_DAYS))
    ended = dice.random() < _ENDED
    extra = _EXTRA.get(relation)
    props: dict[str, str | int | bool] = {extra[0]: extra[1]} if extra else {}
    if relation == "promotes":
        props["share_percent"] = dice.randrange(1, 100)
    return EdgeUpdate(
        relation=relation,
        src=src,
        dst=NodeRef.model_construct(type=kind, key=str(number)),
        props=props,
        valid_from=start,
        valid_to=min(start + timedelta(days=dice.randrange(1, 90)), NOW) if ended else None,
        source=SOURCE,
        load="L-1",
    )


def _corrected(edge: EdgeUpdate) -> EdgeUpdate:
    """It began a week earlier, as is known only now."""
    assert edge.valid_from is not None
    start = edge.valid_from - timedelta(days=7)
    return edge.model_copy(update={"valid_from": start, "load": "L-2"})
