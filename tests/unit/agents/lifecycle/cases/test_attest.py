"""The account is reckoned from what is stored, catches what should not be there, and raises the alarm once a plan."""

from datetime import date, timedelta

from agents.governance.report import Figures
from agents.lifecycle.cases.attest import WATCHED, Attester
from storage.records.alerts import AlertKind, AlertState, Severity
from storage.records.executions import Execution, ExecutionState, execution_key
from storage.records.plans import Plan, PlanState
from storage.records.verdicts import Answer, Decision
from tests.builders import AARON, CARLA, OLIVIA
from tests.unit.agents.lifecycle.house import House, seen


def attester(house: House) -> Attester:
    return Attester(house.ledger, house.rulebook, clock=house.clock)


async def a_done_plan(house: House) -> Plan:
    plan = (await house.asked(news=110, brand=440)).plan
    house.clock.pass_(minutes=12)
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    return plan


async def forge(house: House, plan: Plan) -> None:
    """Somebody writes rows of an execution into the database, beside the product."""
    async with house.ledger.write() as tx:
        for position, change in enumerate(plan.changes):
            key = execution_key(plan.id, plan.revision, change.id)
            row = Execution(
                key=key, plan_id=plan.id, revision=plan.revision, change=change, state=ExecutionState.APPLIED,
                updated_at=house.clock(),
            )  # fmt: skip
            await tx.executions.add(position, row)


async def test_what_went_its_way_is_valid(house: House):
    await a_done_plan(house)
    found = await attester(house).account()
    assert found.flaws == ()
    assert found.overall == Figures(changes=2, valid=2, decided=1, median_minutes=12)
    assert [one.month for one in found.months] == ["2025-06"]
    assert await attester(house).check() == ()


async def test_rollbacks_are_governed_actions_too(house: House):
    plan = await a_done_plan(house)
    await house.rollback.request(plan.id, AARON, via="test")
    await house.queue.run()
    found = await attester(house).account()
    assert (found.overall.changes, found.overall.valid, found.overall.by_rules) == (4, 4, 2)
    assert found.flaws == ()


async def test_an_emergency_is_valid_and_counted_as_overridden(house: House):
    await house.emergency.break_glass(CARLA, reason="the sale is wrong", via="test")
    asked = (await house.asked(brand=440)).plan
    await house.approved(asked, CARLA)
    await house.asked(CARLA, news=110)
    await house.queue.run()
    overall = (await attester(house).account()).overall
    assert (overall.changes, overall.valid, overall.overridden, overall.glass_broken) == (2, 2, 2, 1)


async def test_what_people_did_otherwise_is_counted(house: House):
    one, two, three = [(await house.asked(**{name: 110 if name == "news" else 210})).plan for name in ("news", "hero", "video")]  # fmt: skip
    await house.decider.reject(seen(one), AARON, reason="no", via="test")
    await house.approve(two, AARON)
    await house.withdraw(two, AARON)
    house.clock.now = three.expires_at
    await house.decider.expire_overdue()
    overall = (await attester(house).account()).overall
    assert (overall.rejected, overall.withdrawn, overall.expired) == (1, 1, 2)


async def test_a_forged_execution_without_approval_is_caught_and_alarms_once(house: House):
    await a_done_plan(house)
    plan = (await house.asked(video=270)).plan
    await forge(house, plan)
    (flaw,) = await attester(house).check()
    assert (flaw.plan_id, flaw.words) == (plan.id, "the trail does not tell of its execution")
    overall = (await attester(house).account()).overall
    assert (overall.changes, overall.valid) == (3, 2)
    async with house.ledger.read() as tx:
        (alert,) = await tx.alerts.unrecovered()
    assert (alert.finding.kind, alert.finding.severity) == (AlertKind.GOVERNANCE, Severity.CRITICAL)
    assert alert.finding.title == f"{plan.id} wrote a change without a valid approval"
    assert alert.finding.simulated
    assert await house.actions(alert.id) == ["alert.opened"]
    assert len(await attester(house).check()) == 1
    async with house.ledger.read() as tx:
        assert await tx.alerts.unrecovered() == (alert,)


async def test_a_second_plan_is_a_second_case(house: House):
    for name, amount in (("video", 270), ("hero", 210)):
        await forge(house, (await house.asked(**{name: amount})).plan)
    await attester(house).check()
    async with house.ledger.read() as tx:
        assert len(await tx.alerts.unrecovered()) == 2


async def test_forging_the_decision_as_well_does_not_help(house: House):
    plan = (await house.asked(video=270, hero=210)).plan
    async with house.ledger.write() as tx:
        verdict = await tx.approvals.verdict(plan.id, 1)
        assert verdict is not None
        forged = Decision(
            plan_id=plan.id, revision=1, digest=plan.digest, answer=Answer.APPROVE, person_id=AARON.id,
            roles=AARON.roles, via="slack", decided_at=house.clock(), policy_version=verdict.policy_version,
            gates=tuple(gate.policy for gate in verdict.gates),
        )  # fmt: skip
        await tx.approvals.add_decision(forged)
        for action, facts in (("plan.executing", {"revision": 1, "digest": plan.digest}), *(
            ("change.intended", {"key": execution_key(plan.id, 1, change.id)}) for change in plan.changes
        )):  # fmt: skip
            await tx.audit.append(at=house.clock(), actor="system", action=action, subject=plan.id, facts=facts)
    await forge(house, plan)
    flaws = (await attester(house).account()).flaws
    assert [flaw.words.startswith("approval-always demands") for flaw in flaws] == [True, True]
    await attester(house).check()
    async with house.ledger.read() as tx:
        (alert,) = await tx.alerts.unrecovered()
    assert alert.finding.title == f"{plan.id} wrote 2 changes without a valid approval"


async def test_rows_that_were_taken_away_are_missed(house: House):
    plan = await a_done_plan(house)
    async with house.ledger.write() as tx:
        first, _ = await tx.executions.of(plan.id, 1)
        await tx.executions.save(first.model_copy(update={"state": ExecutionState.FAILED}))
    (flaw,) = (await attester(house).account()).flaws
    assert (flaw.key, flaw.words) == (first.key, "the trail tells that it was applied, and no row does")


async def test_days_are_asked_for_and_an_old_case_is_no_new_alarm(house: House):
    await forge(house, (await house.asked(video=270)).plan)
    today = house.clock().date()
    assert len((await attester(house).account(first=today, last=today)).flaws) == 1
    assert (await attester(house).account(first=today + timedelta(days=1))).flaws == ()
    assert (await attester(house).account(last=date(2025, 6, 2))).flaws == ()
    house.clock.pass_(days=WATCHED.days + 2)
    assert await attester(house).check() == ()


async def test_an_alarm_that_people_have_seen_stays_as_they_left_it(house: House):
    await forge(house, (await house.asked(OLIVIA, video=270)).plan)
    await attester(house).check()
    async with house.ledger.write() as tx:
        (alert,) = await tx.alerts.unrecovered()
        await tx.alerts.save(alert.model_copy(update={"state": AlertState.ACKNOWLEDGED}))
    house.clock.pass_(days=WATCHED.days + 2)
    await attester(house).check()
    async with house.ledger.read() as tx:
        (alert,) = await tx.alerts.unrecovered()
    assert alert.state is AlertState.ACKNOWLEDGED


async def test_an_alarm_does_not_pass_because_the_data_is_quiet(house: House):
    await forge(house, (await house.asked(video=270)).plan)
    await attester(house).check()
    house.platform.day += timedelta(days=10)
    await house.monitor.check()
    async with house.ledger.read() as tx:
        kinds = [one.finding.kind for one in await tx.alerts.unrecovered()]
    assert kinds.count(AlertKind.GOVERNANCE) == 1
