"""What governs is kept as it was given: editions, freezes, broken glass, accounts, delegations, nudges."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.ledger import Ledger
from storage.records.nudges import Nudge, NudgeKind, Quiet
from storage.records.people import Account
from storage.records.policies import Edition, Impact, PolicyFile, version_of
from storage.records.stops import FreezeScope
from tests.builders import AARON, CARLA, NOW, OLIVIA, PEOPLE, a_change, a_verdict
from tests.fakes.work_queue import HandWorkQueue
from tests.unit.storage.undone import undone

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, HandWorkQueue(database))


def an_edition(number: int = 1, **texts: str) -> Edition:
    files = tuple(PolicyFile(name=name, text=text) for name, text in sorted(texts.items()))
    return Edition(number=number, files=files, because="first start", at=NOW)


async def test_the_newest_edition_is_in_force_and_earlier_ones_stay(ledger: Ledger):
    first, second = an_edition(1, caps="a"), an_edition(2, caps="b")
    async with ledger.write() as tx:
        assert await tx.policies.newest() is None
        await tx.policies.add(first)
        await tx.policies.add(second)
    async with ledger.read() as tx:
        assert await tx.policies.newest() == (2, second.version)
        assert await tx.policies.edition(1) == first
        assert await tx.policies.edition(3) is None
        assert await tx.policies.of_version(first.version) == first
        assert await tx.policies.of_version("unknown") is None
    async with undone(ledger.write()) as tx:
        with pytest.raises(IntegrityError):
            await tx.policies.add(an_edition(2, caps="c"))


def test_the_version_is_of_names_and_texts_alone():
    one, two = PolicyFile(name="a", text="x"), PolicyFile(name="b", text="y", own=True)
    assert version_of((one, two)) == version_of((two, one.model_copy(update={"own": True})))
    assert version_of((one,)) != version_of((one.model_copy(update={"text": "y"}),))
    edition = an_edition(1, caps="a")
    assert edition.version == an_edition(9, caps="a").version
    assert edition.file("caps") == PolicyFile(name="caps", text="a")
    assert edition.file("steps") is None


async def test_the_impact_of_a_proposed_edition_is_kept_with_its_plan(ledger: Ledger):
    counted = Impact(judged=3, changed=1, version_now="a", version_then="b")
    async with ledger.write() as tx:
        await tx.policies.keep_impact("PLAN-1", counted)
        assert await tx.policies.impact("PLAN-1") == counted
        assert await tx.policies.impact("PLAN-2") is None


async def test_a_freeze_stops_what_is_in_its_scope_until_it_is_thawed(ledger: Ledger):
    async with ledger.write() as tx:
        everything = await tx.stops.freeze(FreezeScope.ALL, "", reason="sale", person_id=AARON.id, now=NOW)
        social = await tx.stops.freeze(FreezeScope.CHANNEL, "paid_social", reason="bug", person_id=AARON.id, now=NOW)
        assert [one.id for one in await tx.stops.in_force()] == ["FREEZE-1", "FREEZE-2"]
        await tx.stops.thaw(everything.model_copy(update={"thawed_by": CARLA.id, "thawed_at": LATER}))
        assert await tx.stops.in_force() == (social,)
    search = a_change()
    assert everything.stops(search, agent="request", brand="")
    assert not everything.model_copy(update={"thawed_at": LATER}).stops(search, agent="request", brand="")
    assert not social.stops(search, agent="request", brand="")
    by_brand = social.model_copy(update={"scope": FreezeScope.BRAND, "value": "Hearth"})
    assert by_brand.stops(search, agent="request", brand="Hearth")
    by_agent = social.model_copy(update={"scope": FreezeScope.AGENT, "value": "budget_planner"})
    assert not by_agent.stops(search, agent="request", brand="Hearth")


async def test_broken_glass_stays_open_until_it_was_reviewed(ledger: Ledger):
    async with ledger.write() as tx:
        broken = await tx.stops.break_glass(CARLA.id, reason="runaway spend", now=NOW, until=LATER)
        assert broken.holds(NOW)
        assert not broken.holds(LATER)
        over = await tx.stops.save(broken.model_copy(update={"closed_at": LATER}))
        assert over.version == 2
        assert await tx.stops.glasses() == (over,)
        reviewed = await tx.stops.save(over.model_copy(update={"reviewed_by": AARON.id, "reviewed_at": LATER}))
        assert await tx.stops.glasses() == ()
        assert await tx.stops.glass("GLASS-1") == reviewed
        assert await tx.stops.glass("GLASS-2") is None
        assert await tx.cards.behind() == ("GLASS-1",)


@pytest.mark.parametrize("lost", [{"deleted": True}, {"guest": True}, {"bot": True}, {"foreign": True}])
async def test_a_person_whose_account_does_not_count_is_inactive_and_the_list_is_not_changed(ledger: Ledger, lost):
    seen = Account(slack_id="U00AARON", team_id="T1", seen_at=NOW)
    async with ledger.write() as tx:
        await tx.people.replace(PEOPLE.values())
        assert await tx.people.account("U00AARON") is None
        await tx.people.keep_account(seen.model_copy(update=lost))
        gone = await tx.people.get(AARON.id)
        assert gone is not None
        assert not gone.active
        assert await tx.people.by_slack_id("U00AARON") == gone
        assert gone in await tx.people.all()
        await tx.people.replace([OLIVIA, AARON])
        await tx.people.keep_account(seen)
        assert await tx.people.account("U00AARON") == seen
        assert await tx.people.get(AARON.id) == AARON
        assert await tx.people.get("nobody") is None


async def test_delegations_are_listed_until_their_end_or_until_they_are_called_off(ledger: Ledger):
    async with ledger.write() as tx:
        made = [
            await tx.people.delegate(
                from_person=CARLA.id, to_person=AARON.id, starts_at=NOW, ends_at=end, made_by=CARLA.id, now=NOW
            )
            for end in (LATER, LATER + timedelta(hours=1))
        ]
        assert [one.id for one in made] == ["DELEGATION-1", "DELEGATION-2"]
        assert await tx.people.delegations(NOW) == tuple(made)
        assert await tx.people.delegations(LATER) == (made[1],)
        await tx.people.end_delegation(made[1].model_copy(update={"ended_at": NOW}))
        assert await tx.people.delegations(LATER) == ()
    assert made[0].holds(NOW)
    assert not made[0].holds(NOW - timedelta(seconds=1))
    assert not made[0].holds(LATER)


async def test_nudges_are_sent_when_due_and_reminders_can_be_hushed(ledger: Ledger):
    due = Nudge(plan_id="PLAN-1", revision=1, person_id=AARON.id, kind=NudgeKind.ASKED, due_at=NOW)
    async with ledger.write() as tx:
        first = await tx.nudges.add(due)
        later = await tx.nudges.add(due.model_copy(update={"kind": NudgeKind.REMINDER, "due_at": LATER}))
        assert await tx.nudges.unsent(NOW) == (first,)
        await tx.nudges.save(first.model_copy(update={"sent_at": NOW, "channel": "D1", "ts": "1.2"}))
        assert await tx.nudges.unsent(LATER) == (later,)
        assert [one.sent_at for one in await tx.nudges.of("PLAN-1", 1)] == [NOW, None]
        assert await tx.nudges.of("PLAN-1", 2) == ()
        for until in (NOW, LATER):
            await tx.nudges.hush(Quiet(plan_id="PLAN-1", person_id=AARON.id, until=until))
        assert await tx.nudges.hushed(["PLAN-1"]) == (Quiet(plan_id="PLAN-1", person_id=AARON.id, until=LATER),)


async def test_the_newest_judgement_of_each_revision_comes_with_what_was_judged(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.approvals.add_verdict("PLAN-1", 1, a_verdict(), "first")
        await tx.approvals.add_verdict("PLAN-1", 1, a_verdict(), "second")
        await tx.approvals.add_verdict("PLAN-2", 1, a_verdict())
        assert [(plan, situation) for plan, _, situation in await tx.approvals.judged(9)] == [
            ("PLAN-2", None),
            ("PLAN-1", "second"),
        ]
        assert len(await tx.approvals.judged(1)) == 1
