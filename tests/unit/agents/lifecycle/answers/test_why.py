"""Why: three lines that a marketer reads, then the whole way, for everything that has an id."""

from datetime import date
from decimal import Decimal

import pytest

from agents.lifecycle.answers.trace import step_words, trace
from agents.lifecycle.answers.why import Why, why
from agents.lifecycle.decide import Seen
from storage.records.alerts import AlertKind, Finding, Outcome, OutcomeScore, Severity
from storage.records.facts import Load
from storage.records.lineage import SEALED, LineageStep, decision_id, execution_id, outcome_id, verdict_id
from storage.records.plans import Evidence, Plan
from storage.records.questions import Option, QuestionKind
from tests.builders import AARON, NOW, OLIVIA
from tests.unit.agents.lifecycle.house import House

SHA = "3f0c11aa90bd" + "0" * 52


async def asked(house: House, subject: str, *, forward: bool = False) -> Why:
    async with house.ledger.read() as tx:
        found = await why(tx, subject, forward=forward)
    assert found is not None, subject
    return found


async def landed(house: House, number: int, version: int, *, lines: tuple[int, int] | None = (3, 1204)) -> Load:
    load = Load(
        id=f"file-{number}", source="google_ads", path=f"google-{number}.csv", content_sha256=SHA, layout="google_ads",
        simulated=True, known_at=NOW, first_day=date(2025, 5, 1), last_day=date(2025, 6, 2), campaigns=1, days=33,
        rows_read=1202, spend={"GBP": Decimal("1200.5")},
    )  # fmt: skip
    async with house.ledger.write() as tx:
        await tx.loads.add(load, fingerprint=load.id, lake_version=version)
        sealed = await tx.lineage.link_load(
            load, versions={"facts": version}, lines=None if lines is None else {"facts": lines}
        )
        facts = {SEALED: sealed}
        await tx.audit.append(at=NOW, actor="system", action="data.loaded", subject=f"load:{load.id}", facts=facts)
    return load


async def planned(house: House) -> Plan:
    """A plan of an agent that rests on the newest of two files."""
    await landed(house, 1, 4)
    load = await landed(house, 2, 5)
    made = house.proposal(brand=440).model_copy(
        update={"evidence": (Evidence(id=f"load:{load.id}", label="google_ads, google-2.csv"),)}
    )
    return (await house.proposer.file(made)).plan


@pytest.fixture
async def done(house: House) -> Plan:
    plan = await planned(house)
    await house.approved(plan, AARON)
    return plan


async def test_a_plan_says_what_it_rests_on_and_who_let_it_happen(house: House, done: Plan):
    what, rests, became = (await asked(house, "plan-1")).lines
    assert what == "PLAN-1: Move money. 1 change, made by budget_planner; it is done."
    assert rests == (
        "It rests on version 5 of the facts: google_ads, google-2.csv "
        "(google-2.csv, 1,202 rows, lines 3 to 1,204) and 1 load before it."
    )
    assert "wanted people's approval" in became
    assert "Aaron Blake approved it on" in became
    assert became.endswith("1 of 1 changes were applied.")


async def test_the_way_back_from_a_receipt_leads_over_people_and_rules_to_the_lines_of_the_file(
    house: House, done: Plan
):
    found = await asked(house, execution_id("PLAN-1.r1.c1"))
    ids = [one.id for one in found.steps]
    for expected in (
        decision_id("PLAN-1", 1, 1), "PLAN-1", "person:aaron", "facts@5", "load:file-2", "file:3f0c11aa90bd",
        "source:google_ads", "agent:budget_planner@1",
    ):  # fmt: skip
        assert expected in ids
    assert any("lines 3 to 1,204" in line for line in trace(found))
    assert any("Aaron Blake (approved via test)" in line for line in trace(found))


async def test_the_way_on_from_a_file_leads_to_the_receipt(house: House, done: Plan):
    found = await asked(house, "file:3f0c11aa90bd", forward=True)
    ids = [one.id for one in found.steps]
    for expected in ("load:file-1", "facts@4", "PLAN-1", decision_id("PLAN-1", 1, 1), execution_id("PLAN-1.r1.c1")):
        assert expected in ids
    assert found.lines[2].startswith("Of it came PLAN-1")


async def test_a_file_may_be_named_and_a_load_without_what_it_is(house: House, done: Plan):
    for name in ("google-2.csv", "file-2", "load:file-2"):
        what, source, became = (await asked(house, name)).lines
        assert what == "google-2.csv of google_ads: 1,202 rows, 1 May – 2 June 2025, spend £1,200.50."
        assert source == "It came from file:3f0c11aa90bd, google-2.csv, 1,202 rows, lines 3 to 1,204."
        assert "PLAN-1" in became


async def test_everything_with_an_id_has_three_lines(house: House, done: Plan):
    async with house.ledger.write() as tx:
        outcome = Outcome(
            plan_id="PLAN-1", kpi="roas", score=OutcomeScore.MET, text="3.1 in 2.9 to 3.3", scored_on=NOW.date(),
            final=True,
        )  # fmt: skip
        await tx.executions.score(outcome)
        finding = Finding(
            key="drift/cpc", kind=AlertKind.DRIFT, severity=Severity.WARNING, kpi="cpc", entity="paid_search",
            title="Clicks are dearer", detail=(), cause="auction price, likely", suspect_plan="PLAN-1",
            seen_on=NOW.date(), simulated=True,
        )  # fmt: skip
        await tx.alerts.open(finding, now=NOW)
    expected = {
        "facts@5": ("Version 5 of the facts.", "google-2.csv", "PLAN-1"),
        verdict_id("PLAN-1", 1, 1): (
            "The rules wanted people's approval: PLAN-1",
            "By the rules",
            "change PLAN-1.r1.c1",
        ),
        decision_id("PLAN-1", 1, 1): ("Aaron Blake approved PLAN-1", "fingerprint", "Of it came change PLAN-1.r1.c1."),
        execution_id("PLAN-1.r1.c1"): ("daily budget £400.00 → £440.00", "Aaron Blake approved it", "Nothing"),
        "PLAN-1.r1.c1": ("daily budget", "It is of PLAN-1", "Nothing"),
        outcome_id("PLAN-1", "roas"): ("roas of PLAN-1: met", "Nothing is recorded", "0 changes stand behind it"),
        "ALERT-1": ("Clicks are dearer", "Nothing is recorded", "PLAN-1 is suspected"),
        "person:aaron": ("Aaron Blake.", "Nothing is recorded", "change PLAN-1.r1.c1"),
        "agent:budget_planner@1": ("agent:budget_planner@1", "Nothing is recorded", "PLAN-1"),
    }
    for subject, (what, rests, became) in expected.items():
        lines = (await asked(house, subject)).lines
        assert what in lines[0], subject
        assert rests in lines[1], subject
        assert became in lines[2], subject


async def test_a_rejection_says_so_and_wrote_nothing(house: House):
    plan = await planned(house)
    seen = Seen(plan_id=plan.id, revision=1, digest=plan.digest)
    await house.decider.reject(seen, AARON, reason="not before Easter", via="test")
    lines = (await asked(house, decision_id(plan.id, 1, 1))).lines
    assert "rejected PLAN-1" in lines[0]
    assert "“not before Easter”" in lines[0]
    assert lines[2] == "Nothing was written by it."


async def test_a_rollback_leads_back_to_the_receipts_whose_before_images_it_restores(house: House, done: Plan):
    await house.rollback.request(done.id, AARON, via="test")
    steps = (await asked(house, "PLAN-2")).steps
    assert {"PLAN-1", execution_id("PLAN-1.r1.c1"), "facts@5", "source:google_ads"} <= {one.id for one in steps}


async def test_a_persons_own_request_names_the_person_by_id_alone(house: House):
    await house.asked(OLIVIA, brand=440)
    async with house.ledger.read() as tx:
        links = await tx.lineage.parents("PLAN-1")
    assert ("person:olivia", "asked for it") in [(one.parent, one.label) for one in links]
    assert not any(OLIVIA.name in one.label for one in links)
    assert f"asked for by {OLIVIA.name}" in (await asked(house, "PLAN-1")).lines[0]


async def test_nothing_is_known_of_what_was_never_there(house: House):
    async with house.ledger.read() as tx:
        for unknown in ("PLAN-9", "decision:PLAN-9.r1.1", "decision:nonsense", "load:x", "", "x@y", "execution:x"):
            assert await why(tx, unknown) is None


async def test_what_a_plan_was_made_with_is_said(house: House, done: Plan):
    versions = (await asked(house, "PLAN-1")).versions
    assert versions["data"] == "facts@5"
    assert versions["agent"] == "budget_planner@1"
    assert versions["policy"] == house.rules.version


def test_a_long_row_of_versions_is_counted_and_what_rests_on_them_is_shown():
    steps = [
        LineageStep(depth=number, id=f"facts@{20 - number}", label="before", child=f"facts@{21 - number}")
        for number in range(1, 10)
    ]
    loads = [LineageStep(depth=2, id=f"load:{one.id}", label="x", child=one.id) for one in steps]
    found = Why(
        subject="facts@20", forward=False, lines=("", "", ""), steps=(*steps, *loads), links=(), versions={},
        entries=(), names={},
    )  # fmt: skip
    lines = trace(found)
    assert lines[:2] == ["  facts@19 (before)", "    load:facts@19 (x)"]
    assert lines[-1] == "  … 6 earlier versions, to facts@11"
    assert len(lines) == 7
    forward = trace(found.model_copy(update={"forward": True}))
    assert "  … 6 later versions, to facts@11" in forward
    assert sum("load:" in line for line in forward) == 9


def test_what_comes_from_data_is_shown_as_whoever_shows_it_wants():
    step = LineageStep(depth=1, id="load:a", label="<!channel>", child="x", first_line=2, last_line=9)
    found = Why(
        subject="x", forward=False, lines=("", "", ""), steps=(step,), links=(), versions={}, entries=(), names={}
    )
    assert step_words(found, step, shown=lambda text: text.replace("<", "&lt;")) == (
        "load:a (&lt;!channel>; lines 2 to 9)"
    )


async def test_nothing_is_told_of_a_number_that_nobody_counted_to(house: House, done: Plan):
    async with house.ledger.read() as tx:
        for unknown in (
            "verdict:PLAN-1.r1.9", "decision:PLAN-1.r1.9", "execution:PLAN-1.r1.c9", "execution:PLAN-1.rx.c1",
            "outcome:PLAN-1/roas", "outcome:PLAN-9/roas", "ALERT-9", "Q-9", "edition:99", "edition:x", "file:none",
        ):  # fmt: skip
            assert await why(tx, unknown) is None, unknown


async def put(house: House, *, answered: bool = False, lines: tuple[str, ...] = (), about: str = "") -> str:
    """A question, whatever it is about, and the answer of Aaron."""
    async with house.ledger.write() as tx:
        question = await tx.questions.ask(
            QuestionKind.MERGE, "k", title="One campaign?", options=(Option(id="same", label="The same"),),
            if_nobody_answers="They stay two.", lines=lines, now=NOW,
        )  # fmt: skip
        if about:
            await tx.lineage.link(question.id, [(about, "asked of")])
        if answered:
            taken = await tx.questions.answer(question.id, "same", by=AARON.id, now=NOW)
            assert taken is not None
            await tx.questions.save(taken.model_copy(update={"outcome": "They are one now."}))
    return question.id


async def test_an_open_question_says_what_happens_if_nobody_answers(house: House):
    lines = (await asked(house, await put(house, lines=("Both are called Brand.",)))).lines
    assert lines == ("Q-1: One campaign?", "Both are called Brand.", "It is open. They stay two.")


async def test_an_answered_question_says_who_answered_what_came_of_it_and_what_it_was_about(house: House, done: Plan):
    lines = (await asked(house, await put(house, answered=True, about=f"load:{(await landed(house, 3, 6)).id}"))).lines
    assert lines[1] == "It rests on data: asked of (google-3.csv, 1,202 rows, lines 3 to 1,204)."
    assert lines[2] == "Aaron Blake answered “same”. They are one now."
