"""Other rules are a plan: tried, tested, counted, approved by two, signed, and taken back like any other."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from agents.channels.policy_book import PolicyBook
from agents.governance.limits import dump_limits, sandbox_limits
from agents.governance.rules import Rules
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.decide import Accepted, Decider, Declined, Seen
from agents.lifecycle.execute import Executor
from agents.lifecycle.review import Reviewer
from agents.lifecycle.rollback import Rollback
from agents.lifecycle.rules.amend import MOST, Amender, Unamendable, impact_words
from agents.lifecycle.rules.enact import Rulebook, RulesUntrusted, adopt, proven
from agents.lifecycle.rules.texts import HomeTexts, Shelf, shipped_texts
from agents.sources.readers import Readers
from storage.database import Database
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.people import Person
from storage.records.plans import PlanKind, PlanState, PlanStatus
from storage.records.policies import Edition, Impact, Shift, texts_of_value
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, PEOPLE, a_plan, a_verdict, pounds
from tests.fakes.clock import HandClock
from tests.fakes.editions import a_keyring
from tests.fakes.work_queue import HandWorkQueue

LIMITS = dump_limits(sandbox_limits(pounds(1000)))
TIGHTER = dump_limits(sandbox_limits(pounds(900)))
OWN = """
@id("no-mondays") @deny("{campaign} rests") forbid (principal, action == Action::"set_budget", resource)
when { context.after == 66600 };
"""
OWN_TESTS = """
no-mondays:
  fires: {change: {news: 600 to 666}}
  silent: {change: {news: 100 to 110}}
"""
SHIPPED = {
    name: content
    for name, content in shipped_texts().items()
    if name.split(".")[0] in ("rules", "people", "caps", "schema")
}
"""Some of what the product ships: all of its tests would take a second every time."""


@dataclass
class Office:
    """What is needed to change rules, over a real database and real keys."""

    folder: Path
    database: Database
    ledger: Ledger
    queue: HandWorkQueue
    texts: HomeTexts
    rulebook: Rulebook
    amender: Amender
    decider: Decider
    rollback: Rollback

    async def propose(self, person: Person = ADA, **files: str | None) -> PlanStatus:
        made = await self.tried(person, **files)
        assert isinstance(made, PlanStatus), made
        return made

    async def tried(self, person: Person = ADA, **files: str | None) -> PlanStatus | Unamendable:
        return await self.amender.propose(named(files), person, via="test")

    async def refused(self, **files: str | None) -> tuple[str, ...]:
        made = await self.tried(**files)
        assert isinstance(made, Unamendable), made
        assert await self.plans() == ()
        return made.problems

    async def approve(self, status: PlanStatus, *people: Person) -> PlanStatus:
        for person in people:
            said = await self.say_yes(status, person)
            assert isinstance(said, Accepted), said
        await self.queue.run()
        return await self.status(status)

    async def say_yes(self, status: PlanStatus, person: Person) -> Accepted | Declined:
        plan = status.plan
        seen = Seen(plan_id=plan.id, revision=plan.revision, digest=plan.digest)
        return await self.decider.approve(seen, person, via="test")

    async def status(self, status: PlanStatus) -> PlanStatus:
        async with self.ledger.read() as tx:
            found = await tx.plans.get(status.plan.id)
        assert found is not None
        return found

    async def plans(self) -> tuple[PlanStatus, ...]:
        async with self.ledger.read() as tx:
            return await tx.plans.recent()

    async def rules(self) -> Rules:
        async with self.ledger.read() as tx:
            return await self.rulebook.of(tx)

    async def edition(self) -> Edition:
        async with self.ledger.read() as tx:
            return await self.rulebook.edition(tx)


def named(files: dict[str, str | None]) -> dict[str, str | None]:
    return {name.replace("__", "-").replace("_", "."): content for name, content in files.items()}


@pytest.fixture
async def office(database: Database, tmp_path: Path, clock: HandClock) -> Office:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "limits.yml").write_text(LIMITS, encoding="utf-8")
    queue = HandWorkQueue(database)
    ledger, keyring = Ledger(database, queue), a_keyring(tmp_path)
    product = Shelf(product="1", shipped=SHIPPED)
    texts, rulebook, readers = HomeTexts(folder, product), Rulebook(keyring), Readers({})
    book = PolicyBook(ledger, keyring, shipped=SHIPPED, sound=proven, mirror=texts.mirror, clock=clock)
    reviewer = Reviewer(
        ledger,
        rulebook,
        readers=readers,
        facts=LakeReader(ledger, Lake(str(tmp_path / "lake"))),
        skills=lambda _: frozenset(),
        clock=clock,
    )
    channels = {book.name: book}
    executor = Executor(ledger, channels=channels, readers=readers, reviewer=reviewer, clock=clock)

    async def review(payload: dict[str, str]) -> None:
        await reviewer.review(payload["plan_id"])

    async def execute(payload: dict[str, str]) -> None:
        await executor.execute(payload["plan_id"], int(payload["revision"]))

    async def tick(_: dict[str, str]) -> None:
        """The timetable's work is not what is tried here."""

    queue.handle("tick", tick)
    queue.handle("review", review)
    queue.handle("execute", execute)
    async with ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
        await adopt(tx, keyring, texts, now=NOW)
    return Office(
        folder=folder,
        database=database,
        ledger=ledger,
        queue=queue,
        texts=texts,
        rulebook=rulebook,
        amender=Amender(ledger, rulebook, product=product, reviewer=reviewer, clock=clock),
        decider=Decider(ledger, rulebook, reviewer=reviewer, clock=clock),
        rollback=Rollback(ledger, rulebook, channels=channels, readers=readers, reviewer=reviewer, clock=clock),
    )


async def test_other_limits_come_into_force_when_two_people_have_approved(office: Office):
    before = await office.edition()
    waiting = await office.propose(limits_yml=TIGHTER)
    assert (waiting.state, waiting.plan.kind) == (PlanState.WAITING, PlanKind.POLICY)
    half = await office.approve(waiting, CARLA)
    assert half.state is PlanState.WAITING
    assert await office.edition() == before
    done = await office.approve(waiting, AARON)
    assert done.state is PlanState.DONE, done.note
    after = await office.edition()
    assert (after.number, after.because, after.approved_by) == (2, waiting.plan.id, ("aaron", "carla"))
    assert (await office.rules()).version == after.version == waiting.plan.versions["rules"]
    assert office.texts.drafts(after) == ()
    assert (office.folder / "limits.yml").read_text(encoding="utf-8") == TIGHTER


async def test_whoever_proposed_it_cannot_be_one_of_the_two(office: Office):
    waiting = await office.propose(CARLA, limits_yml=TIGHTER)
    said = await office.say_yes(waiting, CARLA)
    assert isinstance(said, Declined)
    assert (await office.approve(waiting, AARON)).state is PlanState.WAITING


async def test_the_plan_shows_only_the_files_that_change_before_and_after(office: Office):
    plan = (
        await office.propose(
            limits_yml=TIGHTER, own_cedar=OWN, own_test_yml=OWN_TESTS, caps_cedar=SHIPPED["caps.cedar"]
        )
    ).plan
    (change,) = plan.changes
    assert change.resource.name == "limits.yml, own.cedar, own.test.yml"
    assert texts_of_value(change.before) == {"limits.yml": LIMITS, "own.cedar": None, "own.test.yml": None}
    assert texts_of_value(change.after) == {"limits.yml": TIGHTER, "own.cedar": OWN, "own.test.yml": OWN_TESTS}
    assert plan.requested_by == "ada"
    assert plan.expires_at > plan.created_at


async def test_taking_a_change_of_the_rules_back_restores_the_texts(office: Office):
    before = await office.edition()
    done = await office.approve(
        await office.propose(limits_yml=TIGHTER, own_cedar=OWN, own_test_yml=OWN_TESTS), CARLA, AARON
    )
    assert done.state is PlanState.DONE, done.note
    asked = await office.rollback.request(done.plan.id, ADA, via="test", overwrite=frozenset())
    assert isinstance(asked, Accepted), asked
    assert (await office.approve(asked.status, CARLA)).state is PlanState.WAITING
    assert (await office.approve(asked.status, AARON)).state is PlanState.DONE
    after = await office.edition()
    assert (after.number, after.version) == (3, before.version)
    assert (office.folder / "limits.yml").read_text(encoding="utf-8") == LIMITS
    assert not (office.folder / "policies" / "own.cedar").exists()


async def test_the_trail_names_the_files_the_versions_and_the_impact(office: Office):
    status = await office.propose(limits_yml=TIGHTER)
    async with office.ledger.read() as tx:
        told = {entry.action: entry for entry in await tx.audit.of(status.plan.id)}
        impact = await tx.policies.impact(status.plan.id)
    facts = told["policy.proposed"].facts
    assert (facts["files"], facts["via"]) == (["limits.yml"], "test")
    assert facts["from_version"] == (await office.edition()).version
    assert facts["to_version"] == status.plan.versions["rules"]
    assert told["plan.proposed"].actor == "person:ada"
    assert impact is not None
    assert (impact.judged, impact.changed) == (0, 0)


async def test_only_those_who_may_change_the_rules_can_ask_for_it(office: Office):
    made = await office.tried(OLIVIA, limits_yml=TIGHTER)
    assert isinstance(made, Unamendable)
    assert "Only the CMO or an admin may amend" in made.words


BROKEN = {
    "no rule text": ({"own_cedar": "permit"}, "own.cedar"),
    "an unknown annotation": ({"own_cedar": '@id("x") @dney("y") forbid (principal, action, resource);'}, "own.cedar: x"),
    "a policy without tests": ({"own_cedar": OWN}, "own.cedar: no-mondays has no case in which it fires"),
    "a failing test": ({"own_cedar": OWN, "own_test_yml": OWN_TESTS.replace("666", "667")}, "no-mondays"),
    "limits that cannot be read": ({"limits_yml": "steps: 1"}, "limits.yml"),
    "a calendar that cannot be read": ({"calendar_yml": "zone: Nowhere"}, "calendar.yml"),
    "a file that rules do not have": ({"people_yml": "x"}, "people.yml: the rules have no file of that name"),
    "a shipped file removed": ({"caps_cedar": None}, "caps.cedar: came with the product"),
    "what is in force already": ({"limits_yml": LIMITS}, "nothing would change"),
    "what was never there removed": ({"own_cedar": None}, "nothing would change"),
    "everybody locked out": (
        {"own_cedar": '@id("x") @deny("no") forbid (principal is User, action == Action::"amend", resource);',
         "own_test_yml": "x:\n  fires: {who: admin, does: amend}\n  silent: {who: admin, does: view}\n"},
        "nobody here could propose or approve",
    ),
    "no change of the rules ever again": (
        {"own_cedar": '@id("x") @deny("no") forbid (principal, action == Action::"plan_policy", resource);',
         "own_test_yml": "x:\n  fires: {rules: caps.cedar}\n  silent: {change: {news: 100 to 110}}\n"},
        "refuse every change of the rules",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "words"), BROKEN.values(), ids=BROKEN)
async def test_texts_that_cannot_be_the_rules_are_refused_with_file_policy_and_reason(
    office: Office, files: dict[str, str | None], words: str
):
    assert any(words in problem for problem in await office.refused(**files))


async def test_a_file_that_replaced_a_shipped_one_gives_way_to_it_again(office: Office):
    ours = SHIPPED["caps.cedar"] + "\n// ours\n"
    await office.approve(await office.propose(caps_cedar=ours), CARLA, AARON)
    assert (await office.edition()).texts["caps.cedar"] == ours
    plan = await office.propose(caps_cedar=None)
    assert texts_of_value(plan.plan.changes[0].after) == {"caps.cedar": SHIPPED["caps.cedar"]}
    await office.approve(plan, CARLA, AARON)
    edition = await office.edition()
    assert edition.texts["caps.cedar"] == SHIPPED["caps.cedar"]
    assert [one.name for one in edition.files if one.own] == ["limits.yml"]


async def test_a_file_of_the_teams_is_taken_out_of_force(office: Office):
    await office.approve(await office.propose(own_cedar=OWN, own_test_yml=OWN_TESTS), CARLA, AARON)
    await office.approve(await office.propose(own_cedar=None, own_test_yml=None), CARLA, AARON)
    assert (await office.edition()).file("own.cedar") is None
    assert not (office.folder / "policies" / "own.cedar").exists()


async def test_the_same_proposal_twice_is_one_plan(office: Office):
    first = await office.propose(limits_yml=TIGHTER)
    assert (await office.propose(limits_yml=TIGHTER)).plan.id == first.plan.id
    other = await office.propose(own_cedar=OWN, own_test_yml=OWN_TESTS)
    assert other.plan.id != first.plan.id


async def test_of_two_changes_of_one_file_the_second_must_be_asked_again(office: Office):
    first = await office.propose(limits_yml=TIGHTER)
    second = await office.propose(limits_yml=LIMITS + "# with a remark\n")
    assert second.state is PlanState.HELD
    await office.approve(first, CARLA, AARON)
    stale = await office.status(second)
    assert stale.state is PlanState.REFUSED
    assert "propose it again" in stale.note


async def test_a_change_of_another_file_goes_on_top_once_the_first_is_done(office: Office):
    first = await office.propose(limits_yml=TIGHTER)
    second = await office.propose(own_cedar=OWN, own_test_yml=OWN_TESTS)
    assert second.state is PlanState.HELD
    await office.approve(first, CARLA, AARON)
    assert (await office.approve(second, CARLA, AARON)).state is PlanState.DONE
    edition = await office.edition()
    assert (edition.texts["limits.yml"], edition.texts["own.cedar"]) == (TIGHTER, OWN)


async def test_changes_that_do_not_pass_their_tests_together_do_not_come_into_force(office: Office):
    first = await office.propose(own_cedar=OWN, own_test_yml=OWN_TESTS)
    second = await office.propose(other_cedar=OWN, other_test_yml=OWN_TESTS)
    await office.approve(first, CARLA, AARON)
    failed = await office.approve(second, CARLA, AARON)
    assert failed.state is PlanState.FAILED
    assert "@id is used twice" in failed.note
    assert (await office.edition()).file("other.cedar") is None


async def test_what_is_tried_changes_nothing(office: Office):
    before = await office.edition()
    impact = await office.amender.what_if({"limits.yml": TIGHTER}, last=MOST * 2)
    assert isinstance(impact, Impact)
    assert (impact.version_now, impact.judged) == (before.version, 0)
    assert impact.version_then != before.version
    assert isinstance(await office.amender.what_if({"limits.yml": "steps: 1"}), Unamendable)
    assert await office.plans() == ()
    assert await office.edition() == before


async def test_what_is_tried_needs_no_tests_yet(office: Office):
    assert isinstance(await office.amender.what_if({"own.cedar": OWN}), Impact)


async def test_decisions_without_what_was_judged_are_said_to_be_left_out(office: Office):
    async with office.ledger.write() as tx:
        await tx.plans.add(a_plan(), now=NOW)
        await tx.approvals.add_verdict("PLAN-12", 1, a_verdict())
    impact = await office.amender.what_if({"limits.yml": TIGHTER})
    assert isinstance(impact, Impact)
    assert (impact.judged, impact.unjudgeable) == (0, 1)


async def test_nothing_is_proposed_over_rules_that_cannot_be_trusted(office: Office):
    async with office.database.writing.begin() as connection:
        await connection.execute(text("UPDATE edition SET body = replace(body, '1200.00', '9200.00')"))
    office.rulebook._known = None
    with pytest.raises(RulesUntrusted):
        await office.tried(limits_yml=TIGHTER)


async def test_two_proposals_at_once_are_two_plans(office: Office):
    one, other = await asyncio.gather(
        office.tried(limits_yml=TIGHTER), office.tried(own_cedar=OWN, own_test_yml=OWN_TESTS)
    )
    assert isinstance(one, PlanStatus)
    assert isinstance(other, PlanStatus)
    assert {one.state, other.state} == {PlanState.WAITING, PlanState.HELD}


def an_impact(**changes: object) -> Impact:
    return Impact(**{"judged": 10, "changed": 3, "version_now": "a", "version_then": "b", **changes})


def test_an_impact_is_told_in_numbers_and_plan_ids():
    shifts = tuple(
        Shift(
            before="waits", after="refused", count=n, at_risk=pounds(n * 10) if n > 1 else None, examples=(f"PLAN-{n}",)
        )
        for n in (6, 5, 4, 3, 2, 1)
    )
    assert impact_words(an_impact(shifts=shifts, changed=21)) == (
        "Of the last 10 decisions 21 would have come out differently.",
        "6 × waits → refused, £60.00 at risk in them; such as PLAN-6.",
        "5 × waits → refused, £50.00 at risk in them; such as PLAN-5.",
        "4 × waits → refused, £40.00 at risk in them; such as PLAN-4.",
        "3 × waits → refused, £30.00 at risk in them; such as PLAN-3.",
        "3 in other ways.",
    )
    assert impact_words(an_impact(shifts=shifts[5:]))[1] == "1 × waits → refused; such as PLAN-1."
    assert impact_words(an_impact(judged=1, changed=0)) == (
        "Nothing would have come out differently in the last decision.",
    )
    assert impact_words(an_impact(judged=0)) == ("No past decision is there to try the new rules on.",)
