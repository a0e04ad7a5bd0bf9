"""Plans on the command line: the same use cases as the buttons."""

import asyncio
import re
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Accepted, Declined, Seen
from agents.team.agent import KeepThePlan, NotEnoughData
from agents.team.requests import Unplannable, Wish
from bot.commands.dossiers import document, preview_text, text_of
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import spelled
from bot.worker import WorkerBusy, working
from storage.records.plans import PlanState, PlanStatus

_FINISHED = frozenset(PlanState) - {PlanState.APPROVED, PlanState.EXECUTING, PlanState.PROPOSED}
_WISH = re.compile(r"(.+?)\.([a-z_]+)=(.*)", re.DOTALL)
_PATIENCE_S = 60.0
"""How long the command waits for a plan to be carried out before it says that it is still on its way."""


async def plan(*, home: Path, sets: list[str], changes: list[str], person: str | None, json: bool) -> int | None:
    settings = Settings(home=home)
    budgets, wishes = _budgets(sets), [_wish(text) for text in changes]
    async with open_office(settings) as office:
        rules = await office.rules()
        if rules.limits is None:
            await office.observer.pull()
        if not budgets and not wishes:
            made: Any = await office.proposer.propose()
        elif person is None:
            raise BadInput("--set and --change need --as PERSON: who asks for it")
        else:
            asker = await who(office, person)
            permission = rules.may(asker, "propose")
            if not permission.allowed:
                raise BadInput(permission.reason)
            made = await office.proposer.request(budgets, asker, changes=wishes)
        if isinstance(made, Unplannable):
            raise BadInput(made.reason)
        if isinstance(made, KeepThePlan | NotEnoughData):
            answer = "keep_the_plan" if isinstance(made, KeepThePlan) else "not_enough_data"
            text = ("Keep the plan: " if isinstance(made, KeepThePlan) else "Not enough data: ") + made.reason
            say({"answer": answer, "reason": made.reason}, as_json=json, text=text)
            return None
        dossier = await office.router.dossier(made.plan.id)
        refused = dossier.status.state is PlanState.REFUSED
        drafts = [f"  note: {one.words}" for one in await office.drafts()] if refused else []
        text = "\n".join([text_of(dossier, await office.zone()), *drafts])
        say({"answer": "plan", **document(dossier)}, as_json=json, text=text)
        return NEGATIVE if refused else None


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
    lines = [f"{one.plan.id:<8} {one.state.value.replace('_', ' '):<12} {spelled(one.plan.title)}" for one in recent]
    say({"plans": listed}, as_json=json, text="\n".join(lines) or "No plans yet: countersign plan asks for one.")


async def show(*, plan: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        dossier, zone = await office.router.dossier(plan_id(plan)), await office.zone()
    say(document(dossier), as_json=json, text=text_of(dossier, zone))


async def approve(*, plan: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        speaker = await who(office, person)
        result = await office.decider.approve(await _seen(office, plan), speaker, via="cli")
        return await _report(office, settings, result, json=json)


async def reject(*, plan: str, person: str, reason: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        speaker = await who(office, person)
        result = await office.decider.reject(await _seen(office, plan), speaker, reason=reason, via="cli")
        return await _report(office, settings, result, json=json)


async def withdraw(*, plan: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        speaker = await who(office, person)
        result = await office.decider.withdraw(await _seen(office, plan), speaker, via="cli")
        return await _report(office, settings, result, json=json)


async def rollback(
    *, plan: str, home: Path, person: str | None, preview: bool, overwrite: bool, json: bool
) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        shown = await office.rollback.preview(plan_id(plan))
        if preview:
            say(shown.model_dump(mode="json"), as_json=json, text=preview_text(shown))
            return None
        if person is None:
            raise BadInput("a rollback needs --as PERSON (or --preview to see what it would do)")
        conflicted = frozenset(item.change.id for item in shown.items if item.conflict) if overwrite else frozenset()
        speaker = await who(office, person)
        result = await office.rollback.request(shown.plan.plan.id, speaker, via="cli", overwrite=conflicted)
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
    text = f"{result.words}\n{text_of(dossier, await office.zone())}"
    say({"accepted": True, "words": result.words, **document(dossier)}, as_json=json, text=text)
    return NEGATIVE if dossier.status.state in (PlanState.FAILED, PlanState.REFUSED) else None


async def _until_finished(office: Office, settings: Settings, status: PlanStatus) -> None:
    """Wait until the plan is carried out: by the process that works in this home, or else by this one."""
    if status.state in _FINISHED:
        return
    dossier = await office.router.dossier(status.plan.id)
    if dossier.starts_at is not None or dossier.freezes:
        return  # it waits for its hour, or for a person to thaw it
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


def _wish(text: str) -> Wish:
    match = _WISH.fullmatch(text)
    if match is None:
        raise BadInput(f"--change {text!r}: write CAMPAIGN.FIELD=VALUE, such as paid_social/so-3001.status=paused")
    return Wish(campaign=match.group(1), field=match.group(2), value=match.group(3))
