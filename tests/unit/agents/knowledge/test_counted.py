"""Deals, cases, use and handoffs stand in the graph as numbers of a colleague, a team or a company, and as nothing else."""

from datetime import timedelta

from agents.knowledge import things
from agents.knowledge.charts.counted import COUNTED, counted_columns
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET
from storage.graph.vocabulary import SCHEMA
from storage.records.graph import NodeRef
from tests.unit.agents.knowledge.study import Study, day

M = 1_000_000


def deal(number: int, stage: str = "proposal", **changes: object) -> dict[str, object]:
    return {
        "id": f"D-{number}", "pipeline": "Sales", "stage": stage, "state": "open", "deal_owner": "Kim Lee",
        "currency": "EUR", "amount_micros": 100 * M, "created_at": day(1), "campaign": None, **changes,
    }  # fmt: skip


async def relations(study: Study, ref: NodeRef) -> set[str]:
    return {f"{one.relation} {one.dst}" for one in await study.edges(ref) if one.src == ref}


async def test_deals_are_counted_by_stage_and_owner_with_what_brought_them(study: Study):
    await study.facts({"account": "482", "campaign_id": "1", "campaign": "Brand | UK"})
    await study.entities(
        "deal",
        deal(1, campaign="Brand | UK"), deal(2, campaign="Brand | UK", amount_micros=50 * M), deal(3, "won", state="won"),
        source="hubspot",
    )  # fmt: skip
    assert (await study.chart()).refused == ()
    ref = things.counted("deal", "hubspot", "Sales", "proposal", "open", "Kim Lee", "Brand | UK", "EUR")
    node = await study.node(ref)
    assert node.props == {"count": 2, "amount_minor": 15_000}
    assert node.name == "Sales · proposal · open · Kim Lee · Brand | UK · EUR"
    campaign = things.campaign("google_ads", "482", "1")
    assert await relations(study, ref) == {
        "owned_by owner:kim lee", "at_stage journey_stage:proposal", f"came_from {campaign}",
    }  # fmt: skip


async def test_a_later_load_moves_a_deal_on_and_leaves_nobody_counted_twice(study: Study):
    await study.entities("deal", deal(1), deal(2), source="hubspot")
    await study.chart()
    before = study.clock()
    await study.entities("deal", deal(1, "won", state="won"), deal(2, "won", state="won"), source="hubspot")
    await study.chart()
    open_ = things.counted("deal", "hubspot", "Sales", "proposal", "open", "Kim Lee", "–", "EUR")
    won = things.counted("deal", "hubspot", "Sales", "won", "won", "Kim Lee", "–", "EUR")
    assert (await study.node(open_)).props == {"count": 0, "amount_minor": 0}
    assert (await study.node(won)).props["count"] == 2
    # And as of then, it was as it was told then.
    assert (await study.node(open_, before)).props["count"] == 2


async def test_cases_tell_what_is_open_and_who_looks_after_it_and_no_word_of_a_customer(study: Study):
    case = {"opened_at": day(1), "assignee": "Sam", "priority": "high", "subject": "p_secret", "requester": "p_who"}
    await study.entities(
        "ticket",
        {"id": "1", "state": "open", "escalated": True, "reopened": 2, **case},
        {"id": "2", "state": "closed", "first_reply_at": day(2), **case},
        source="zendesk",
    )
    await study.chart()
    node = await study.node(things.counted("case", "zendesk", "Sam", "–", "high"))
    assert node.props == {"count": 2, "open": 1, "unanswered": 1, "escalated": 1, "reopened": 1}
    assert await relations(study, node.ref) == {"owned_by owner:sam"}
    assert "p_" not in node.model_dump_json()


async def test_use_is_told_of_companies_for_four_weeks(study: Study):
    now = study.clock()

    def event(number: int, user: str, *, days: int) -> dict[str, object]:
        return {
            "id": str(number), "at": now - timedelta(days=days), "user": user, "name": "report opened", "company": "Acme",
        }  # fmt: skip

    events = (event(1, "p_a", days=1), event(2, "p_a", days=2), event(3, "p_b", days=3), event(4, "p_c", days=40))
    await study.entities("usage_event", *events, source="app")
    await study.chart()
    node = await study.node(things.counted("usage", "app", "Acme", "report opened"))
    assert node.props == {"count": 3, "people": 2}
    assert await relations(study, node.ref) == {"belongs_to account:app/acme"}


async def test_handoffs_tie_two_teams(study: Study):
    handoff = {"subject": "p_x", "kind": "lead", "from_team": "Marketing", "to_team": "Sales", "handed_at": day(1)}
    await study.entities(
        "handoff",
        {"id": "1", "due_at": day(2), "acknowledged_at": day(3), **handoff},
        {"id": "2", "due_at": day(2), "acknowledged_at": None, **handoff},
        source="crm",
    )
    await study.chart()
    node = await study.node(things.counted("handoff", "crm", "Marketing", "Sales", "lead"))
    assert node.props == {"count": 2, "open": 1, "late": 1}
    assert await relations(study, node.ref) == {"owned_by owner:sales", "handed_by owner:marketing"}


def test_no_text_of_a_person_is_read_to_be_counted_but_to_tell_people_apart():
    for dataset, how in COUNTED.items():
        personal = {column.name for column in columns_of(BY_DATASET[dataset]) if column.personal}
        assert not personal & set(how.by), dataset
        assert personal & set(counted_columns(dataset)) <= {"user"}, dataset
        assert {"count", *how.numbers} <= set(SCHEMA.types[how.type].props), dataset
