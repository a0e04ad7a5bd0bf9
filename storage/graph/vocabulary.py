"""The vocabulary of the graph: every type of node and every relation that may be stated. Data, not code.

A change of it is a new version: raise VERSION and say in STEPS how earlier rows are to be read (`Step`). Adding a
type, relation or property needs no step; renaming, turning or dropping one does.
"""

from storage.graph.schema import Kind, NodeType, Relation, Schema, Step

VERSION = 1
STEPS: dict[int, Step] = {}

_MONEY: dict[str, Kind] = {"minor": "number", "currency": "text"}

_TYPES = (
    NodeType("brand", "What customers know the company or a line of products by"),
    NodeType("market", "A country, region or language that is sold to", {"country": "text", "zone": "text"}),
    NodeType(
        "product",
        "What is sold",
        {"price_minor": "number", "currency": "text", "stock": "number", "priority": "number", "status": "text"},
    ),
    NodeType("category", "A group of products"),
    NodeType(
        "campaign",
        "What money or attention is spent through",
        {
            "status": "text",
            "currency": "text",
            "daily_budget_minor": "number",
            "objective": "text",
            "starts": "day",
            "ends": "day",
        },
    ),
    NodeType("ad_group", "A part of a campaign with its own targets", {"status": "text"}),
    NodeType("creative", "An advertisement, picture or text that is shown", {"status": "text", "format": "text"}),
    NodeType(
        "audience", "People who can be addressed together", {"people": "number", "consented": "flag", "origin": "text"}
    ),
    NodeType("segment", "A part of an audience", {"people": "number", "rule": "text"}),
    NodeType("channel", "A way to reach people: email, paid_search …", {"simulated": "flag"}),
    NodeType("strategy", "What is pursued over months", {"starts": "day", "ends": "day"}),
    NodeType("journey_stage", "How far somebody is on the way to buying", {"position": "number"}),
    NodeType(
        "content_item",
        "A page, post or mail",
        {"status": "text", "kind": "text", "locale": "text", "url": "text", "published": "day"},
    ),
    NodeType("lead", "Leads of one origin, counted: never a person", {"count": "number", "stage": "text"}),
    NodeType(
        "deal",
        "Sales opportunities of one stage, owner and origin, counted: never a single one",
        {"count": "number", "amount_minor": "number"},
    ),
    NodeType(
        "case",
        "Support cases of one colleague and product, counted: never a single one",
        {"count": "number", "open": "number", "unanswered": "number", "escalated": "number", "reopened": "number"},
    ),
    NodeType(
        "usage",
        "How often a company did one thing in the product in four weeks: never who",
        {"count": "number", "people": "number"},
    ),
    NodeType(
        "handoff",
        "What one team hands to another of one kind, counted",
        {"count": "number", "open": "number", "late": "number"},
    ),
    NodeType(
        "account",
        "An account with a platform or a business customer",
        {"currency": "text", "zone": "text", "platform": "text"},
    ),
    NodeType("owner", "Who answers for something: a person by id, or a team", {"team": "text"}),
    NodeType("kpi", "A number that is steered by", {"unit": "text", "direction": "text"}),
    NodeType(
        "intent",
        "What an agent wants to do, before it is a plan",
        {"agent": "text", "field": "text", "direction": "text", "at_risk_minor": "number", "currency": "text"},
    ),
    NodeType("plan", "A proposed or carried out change", {"state": "text", "kind": "text", "revision": "number"}),
    NodeType("experiment", "A test with a comparison", {"state": "text", "starts": "day", "ends": "day"}),
    NodeType("outcome", "What came of a plan, measured", {"score": "text", "final": "flag"}),
    NodeType(
        "event",
        "Something that happened: a price change, a stock-out, an alert",
        {"kind": "text", "severity": "text", "at": "moment", "day": "day"},
    ),
)

_PUSHED = ("product", "category", "brand")
_OWNED = (
    "campaign",
    "ad_group",
    "audience",
    "account",
    "kpi",
    "plan",
    "experiment",
    "strategy",
    "content_item",
    "product",
    "channel",
    "lead",
    "deal",
    "case",
    "handoff",
)
_CHANGED = ("campaign", "ad_group", "creative", "audience", "segment", "content_item", "product", "account", "channel")
_CONCERNED = (*_CHANGED, "brand", "category", "market", "kpi", "plan", "lead")


def _pairs(srcs: tuple[str, ...], dsts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((src, dst) for src in srcs for dst in dsts)


_RELATIONS = (
    Relation(
        "runs_on",
        "is shown or sent through",
        _pairs(("campaign", "ad_group", "content_item"), ("channel",)),
        one=("src",),
        effect="forward",
    ),
    Relation(
        "belongs_to",
        "is kept in the account",
        _pairs(("campaign", "audience", "usage"), ("account",)),
        one=("src",),
        effect="forward",
    ),
    Relation(
        "part_of",
        "is a part of",
        (
            ("ad_group", "campaign"),
            ("creative", "ad_group"),
            ("creative", "campaign"),
            ("category", "category"),
            ("market", "market"),
            ("segment", "audience"),
            ("strategy", "strategy"),
            ("owner", "owner"),
            ("journey_stage", "journey_stage"),
        ),
        one=("src",),
        effect="both",
    ),
    Relation("in_category", "is a product of", (("product", "category"),), effect="forward"),
    Relation(
        "of_brand",
        "carries the brand",
        _pairs(("product", "campaign", "content_item"), ("brand",)),
        one=("src",),
        effect="forward",
    ),
    Relation(
        "in_market",
        "is for the market",
        _pairs(("campaign", "ad_group", "audience", "product", "content_item", "lead"), ("market",)),
        effect="forward",
    ),
    Relation(
        "promotes",
        "pushes",
        _pairs(("campaign", "ad_group", "creative", "content_item"), _PUSHED),
        {"share_percent": "number"},
        effect="both",
    ),
    Relation(
        "bids_on",
        "bids for words or places that stand for",
        _pairs(("campaign", "ad_group"), (*_PUSHED, "market")),
        {"keyword": "text", "match": "text"},
        by=("keyword",),
        effect="both",
    ),
    Relation(
        "addresses",
        "speaks to",
        _pairs(("campaign", "ad_group", "content_item", "plan", "intent", "experiment"), ("audience", "segment")),
        {"contacts_per_week": "number"},
        effect="both",
    ),
    Relation("excludes", "leaves out", _pairs(("campaign", "ad_group"), ("audience", "segment"))),
    Relation(
        "uses", "shows or leads to", _pairs(("campaign", "ad_group"), ("creative", "content_item")), effect="both"
    ),
    Relation("owned_by", "is answered for by", _pairs(_OWNED, ("owner",)), one=("src",), effect="forward"),
    Relation(
        "budget_owned_by",
        "has its budget on a channel decided by",
        (("campaign", "owner"),),
        {"channel": "text", **_MONEY},
        by=("channel",),
        one=("src",),
        effect="forward",
    ),
    Relation(
        "pursues",
        "is done for",
        _pairs(("campaign", "intent", "plan", "content_item"), ("strategy",)),
        effect="forward",
    ),
    Relation(
        "at_stage",
        "stands or speaks to at",
        _pairs(("audience", "segment", "lead", "deal", "campaign", "content_item"), ("journey_stage",)),
        effect="forward",
    ),
    Relation(
        "measured_by",
        "is steered by",
        _pairs(
            (
                "campaign",
                "channel",
                "strategy",
                "plan",
                "experiment",
                "product",
                "account",
                "audience",
                "content_item",
                "lead",
            ),
            ("kpi",),
        ),
        effect="forward",
    ),
    Relation("derived_from", "is computed from", (("kpi", "kpi"),), effect="back"),
    Relation(
        "came_from",
        "was brought by",
        _pairs(("lead", "deal"), ("campaign", "channel", "content_item")),
        effect="back",
    ),
    Relation("handed_by", "is handed over by", (("handoff", "owner"),), effect="back"),
    Relation("in_audience", "is among", _pairs(("lead", "segment"), ("audience",)), effect="both"),
    Relation(
        "wants", "would change", _pairs(("intent",), _CHANGED), {"field": "text"}, by=("field",), effect="forward"
    ),
    Relation(
        "changes", "changes or changed", _pairs(("plan",), _CHANGED), {"field": "text"}, by=("field",), effect="forward"
    ),
    Relation("carries_out", "is the plan for", (("plan", "intent"),), effect="forward"),
    Relation("restores", "takes back", (("plan", "plan"),), one=("src",), effect="forward"),
    Relation("depends_on", "must come after", (("plan", "plan"), ("intent", "intent")), effect="back"),
    Relation(
        "conflicts_with",
        "cannot be carried out beside",
        (("intent", "intent"), ("plan", "plan")),
        {"reason": "text"},
        effect="both",
    ),
    Relation(
        "tests",
        "tries",
        _pairs(("experiment",), ("campaign", "creative", "audience", "content_item", "plan")),
        effect="forward",
    ),
    Relation(
        "resulted_in", "had the outcome", _pairs(("plan", "experiment"), ("outcome",)), one=("dst",), effect="forward"
    ),
    Relation("scored_on", "was measured by", (("outcome", "kpi"),), one=("src",), effect="forward"),
    Relation("concerns", "happened to", _pairs(("event",), _CONCERNED), {"field": "text"}, effect="forward"),
    Relation(
        "may_explain",
        "may be why",
        _pairs(("event", "plan"), ("event", "kpi", "outcome")),
        {"reason": "text"},
        effect="forward",
    ),
    Relation(
        "competes_with",
        "takes customers or auctions from",
        (("campaign", "campaign"), ("product", "product"), ("brand", "brand")),
        effect="both",
    ),
    Relation(
        "replaces",
        "takes the place of",
        (("product", "product"), ("creative", "creative"), ("campaign", "campaign")),
        effect="both",
    ),
    Relation(
        "translation_of",
        "says in another language what is said by",
        (("content_item", "content_item"),),
        one=("src",),
        effect="both",
    ),
)

SCHEMA = Schema(
    version=VERSION,
    types={one.name: one for one in _TYPES},
    relations={one.name: one for one in _RELATIONS},
    steps=STEPS,
)
