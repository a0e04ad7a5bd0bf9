"""Plans on the command line: the same use cases as the buttons."""

import asyncio
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from agents.governance.limits import load_limits
from agents.lifecycle.decide import Accepted, Declined, Seen
from agents.team.agent import KeepThePlan, NotEnoughData
from agents.team.requests import Unplannable
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.settings import Settings
from bot.wiring import open_office
from bot.worker import WorkerBusy, working
from storage.records.dossiers import Dossier, RollbackPreview
from storage.records.people import Person
from storage.records.plans import PlanState, PlanStatus

_FINISHED = frozenset(PlanState) - {PlanState.APPROVED, PlanState.EXECUTING, PlanState.PROPOSED}
_PATIENCE_S = 60.0
"""How long the command waits for a plan to be carried out before it says that it is still on its way."""


async def plan(*, home: Path, sets: list[str], person: str | None, json: bool) -> int | None:
    settings = Settings(home=home)
    load_limits(settings.limits)  # a file that cannot be read is said before a plan is refused for it
    async with open_office(settings) as office:
        await office.observer.pull()
        if not sets:
            made: Any = await office.proposer.propose()
        elif person is None:
            raise BadInput("--set needs --as PERSON: who asks for it")
        else:
            asker = await _person(office, person)
            permission = office.rules.may(asker, "propose")
            if not permission.allowed:
                raise BadInput(permission.reason)
            made = await office.proposer.request(_budgets(sets), asker)
        if isinstance(made, Unplannable):
            raise BadInput(made.reason)
        if isinstance(made, KeepThePlan | NotEnoughData):
            answer = "keep_the_plan" if isinstance(made, KeepThePlan) else "not_enough_data"
            text = ("Keep the plan: " if isinstance(made, KeepThePlan) else "Not enough data: ") + made.reason
            say({"answer": answer, "reason": made.reason}, as_json=json, text=text)
            return None
        dossier = await office.router.dossier(made.plan.id)
        say({"answer": "plan", **_document(dossier)}, as_json=json, text=_text(dossier))
        return NEGATIVE if dossier.status.state is PlanState.REFUSED else None


async def plans(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        recent = await tx.plans.recent(200)
    listed = [
        {
            "plan": one.plan.id,
            "revision": one.plan.revision,
            "state": one.state,
            "title": one.plan.title,
            "since": one.since,
        }
        for one in recent
    ]
    lines = [f"{one['plan']:<8} {one['state']:<12} {one['title']}" for one in listed]
    say({"plans": listed}, as_json=json, text="\n".join(lines) or "No plans yet: countersign plan asks for one.")


async def show(*, plan: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        dossier = await office.router.dossier(plan_id(plan))
    say(_document(dossier), as_json=json, text=_text(dossier))


async def approve(*, plan: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        who = await _person(office, person)
        result = await office.decider.approve(await _seen(office, plan), who, via="cli")
        return await _report(office, settings, result, json=json)


async def reject(*, plan: str, person: str, reason: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        who = await _person(office, person)
        result = await office.decider.reject(await _seen(office, plan), who, reason=reason, via="cli")
        return await _report(office, settings, result, json=json)


async def rollback(
    *, plan: str, home: Path, person: str | None, preview: bool, overwrite: bool, json: bool
) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        shown = await office.rollback.preview(plan_id(plan))
        if preview:
            say(shown.model_dump(mode="json"), as_json=json, text=_preview_text(shown))
            return None
        if person is None:
            raise BadInput("a rollback needs --as PERSON (or --preview to see what it would do)")
        conflicted = frozenset(item.change.id for item in shown.items if item.conflict) if overwrite else frozenset()
        who = await _person(office, person)
        result = await office.rollback.request(shown.plan.plan.id, who, via="cli", overwrite=conflicted)
        return await _report(office, settings, result, json=json)


def plan_id(text: str) -> str:
    """PLAN-12 from `PLAN-12`, `plan-12` or `12`."""
    number = text.upper().removeprefix("PLAN-")
    if not number.isdigit() or number.startswith("0"):
        raise BadInput(f"{text!r} is no plan: write it as PLAN-12; countersign plans lists them")
    return f"PLAN-{number}"


async def _report(office: Office, settings: Settings, result: Accepted | Declined, *, json: bool) -> int | None:
    if isinstance(result, Declined):
        state = result.status.state if result.status else None
        say({"accepted": False, "words": result.words, "state": state}, as_json=json, text=result.words)
        return NEGATIVE
    await _until_finished(office, settings, result.status)
    dossier = await office.router.dossier(result.status.plan.id)
    text = f"{result.words}\n{_text(dossier)}"
    say({"accepted": True, "words": result.words, **_document(dossier)}, as_json=json, text=text)
    return NEGATIVE if dossier.status.state in (PlanState.FAILED, PlanState.REFUSED) else None


async def _until_finished(office: Office, settings: Settings, status: PlanStatus) -> None:
    """Wait until the plan is carried out: by the process that works in this home, or else by this one."""
    if status.state in _FINISHED:
        return
    try:
        async with working(office, settings.worker_lock):
            await _watch(office, status)
    except WorkerBusy:
        await _watch(office, status)


async def _watch(office: Office, status: PlanStatus) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        async with office.ledger.read() as tx:
            now = await tx.plans.get(status.plan.id)
        if now is not None and now.state in _FINISHED:
            return
        await asyncio.sleep(0.05)


async def _person(office: Office, person_id: str) -> Person:
    async with office.ledger.read() as tx:
        person = await tx.people.get(person_id)
        known = [one.id for one in await tx.people.all() if one.active]
    if person is None or not person.active:
        raise BadInput(f"nobody here is called {person_id!r}; people.yml knows: {', '.join(known)}")
    return person


async def _seen(office: Office, plan: str) -> Seen:
    """On the command line a person decides on the plan as it is now."""
    async with office.ledger.read() as tx:
        status = await tx.plans.get(plan_id(plan))
    if status is None:
        raise BadInput(f"there is no {plan_id(plan)}; countersign plans lists all")
    return Seen(plan_id=status.plan.id, revision=status.plan.revision, digest=status.plan.digest)


def _budgets(sets: list[str]) -> dict[str, Decimal]:
    budgets = {}
    for text in sets:
        campaign, _, amount = text.rpartition("=")
        try:
            budgets[campaign] = Decimal(amount)
        except InvalidOperation:
            raise BadInput(f"--set {text!r}: write CAMPAIGN=AMOUNT, such as em-101=120.50") from None
        if not campaign or not budgets[campaign].is_finite():
            raise BadInput(f"--set {text!r}: write CAMPAIGN=AMOUNT, such as em-101=120.50")
    return budgets


def _document(dossier: Dossier) -> dict[str, Any]:
    plan = dossier.status.plan
    return {
        "plan": {**plan.model_dump(mode="json"), "digest": plan.digest},
        "state": dossier.status.state,
        "since": dossier.status.since,
        "note": dossier.status.note,
        "verdict": dossier.verdict.model_dump(mode="json") if dossier.verdict else None,
        "decisions": [one.model_dump(mode="json") for one in dossier.decisions],
        "executions": [one.model_dump(mode="json") for one in dossier.executions],
        "outcomes": [one.model_dump(mode="json") for one in dossier.outcomes],
        "approvers": [one.id for one in dossier.approvers],
        "rolled_back_by": dossier.rolled_back_by,
    }


def _text(dossier: Dossier) -> str:
    plan, status = dossier.status.plan, dossier.status
    receipts = {one.change.id: one for one in dossier.executions}
    lines = [
        f"{plan.id} revision {plan.revision}: {plan.title}{'  (simulated)' if plan.simulated else ''}",
        f"  {status.state.value}{': ' + status.note if status.note else ''}",
        *(
            f"  {change.resource.name} ({change.resource.key}): {change.before} → {change.after}"
            + (f"  [{receipts[change.id].state.value}]" if change.id in receipts else "")
            for change in plan.changes
        ),
        f"  at risk: {plan.money_at_risk}",
        *(f"  why: {line}" for line in plan.why),
        *(
            f"  expected {one.kpi} {one.first} to {one.last}: {one.low} to {one.high} {one.unit}, else {one.baseline}"
            for one in plan.forecasts
        ),
        *(f"  {one.kpi}: {one.text}" for one in dossier.outcomes),
    ]
    if dossier.approvers:
        lines.append(
            f"  waits for: {', '.join(one.id for one in dossier.approvers)}, until {plan.expires_at:%d %b %H:%M} UTC"
        )
    return "\n".join(lines)


def _preview_text(preview: RollbackPreview) -> str:
    if preview.nothing_to_do:
        return preview.nothing_to_do
    lines = [f"Taking back {preview.plan.plan.id} would restore:"]
    for item in preview.items:
        name = item.change.resource.name
        if item.done:
            lines.append(f"  {name}: already {item.restores_to}")
        elif item.conflict:
            lines.append(f"  {name}: {item.conflict} (--overwrite restores {item.restores_to})")
        else:
            lines.append(f"  {name}: {item.now.value} → {item.restores_to}")
    return "\n".join([*lines, *(f"Gone for good: {line}" for line in preview.gone_for_good)])
