"""App Home: what waits for me, what was decided, what drifts, how the bot itself is."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.cards.home_view import GovernanceLine, HealthLine, Standing, home_view
from bot.slack.cards.picture_card import home_lines
from bot.slack.desk import Desk
from storage.ledger import Transaction
from storage.records.people import Person
from storage.records.plans import PlanState

log = structlog.get_logger()

_DECIDED = frozenset(PlanState) - {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING}


async def publish(desk: Desk, person: Person, *, page: int = 1) -> None:
    """Draw the person's page anew."""
    office = desk.office
    async with office.ledger.read() as tx:
        recent = [status for status in await tx.plans.recent(30) if status.state in _DECIDED]
        alerts = await tx.alerts.unrecovered()
        standing = await _standing(tx, person, now=office.clock())
    view = home_view(
        person,
        zone=ZoneInfo(person.zone),
        now=office.clock(),
        waiting=await office.router.waiting_for(person),
        recent=recent,
        alerts=alerts,
        health=[await _health(desk)],
        simulated=office.sandbox is not None,
        standing=replace(
            standing, drafts=[one.name for one in await office.drafts()], governance=await _governance(desk)
        ),
        known=home_lines(await office.survey(), today=office.clock().astimezone(desk.zone).date()),
        page=page,
    )
    await desk.client.views_publish(user_id=person.slack_id or "", view=view)


async def republish(desk: Desk, body: dict[str, Any], person: Person) -> None:
    """After a click on the page itself: it must show what came of it."""
    if body.get("view", {}).get("type") == "home":
        await refresh(desk, person)


async def refresh(desk: Desk, person: Person) -> None:
    """After a decision, which stands whether or not the page could be drawn; opening it draws it anyway."""
    try:
        await publish(desk, person)
    except (SlackApiError, OSError, TimeoutError) as error:
        log.warning("home.not_published", person=person.id, error=type(error).__name__)


async def _health(desk: Desk) -> HealthLine:
    newest = await desk.office.kpis.data_day()
    if newest is None:
        return HealthLine("Data", ok=False, text="nothing has been read yet")
    return HealthLine("Data", ok=True, text=f"complete up to the day before {newest:%-d %B %Y}")


async def _standing(tx: Transaction, person: Person, *, now: datetime) -> Standing:
    delegations = await tx.people.delegations(now)
    return Standing(
        freezes=await tx.stops.in_force(),
        glasses=await tx.stops.glasses(),
        delegations=[one for one in delegations if person.id in (one.from_person, one.to_person)],
        people={one.id: one for one in await tx.people.all()},
    )


async def _governance(desk: Desk) -> GovernanceLine:
    """How this month went, as the report counts it."""
    today = desk.office.clock().astimezone(desk.zone).date()
    account = await desk.office.attester.account(first=today.replace(day=1), last=today)
    figures = account.overall
    return GovernanceLine(
        changes=figures.changes,
        valid=figures.valid,
        median_minutes=figures.median_minutes,
        expired=figures.expired,
        escalated=figures.escalated,
        overridden=figures.overridden,
    )
