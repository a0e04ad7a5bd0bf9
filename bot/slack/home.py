"""App Home: what waits for me, the KPIs, what drifts, what was decided, how the bot itself is."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.cards.blocks import View
from bot.slack.cards.home_parts import GovernanceLine
from bot.slack.cards.home_view import Standing, home_view
from bot.slack.cards.picture_card import home_lines
from bot.slack.desk import Desk
from bot.slack.health import health_of
from bot.slack.posting import UNACCEPTABLE_VIEW, plainer
from bot.slack.tiles import tiles_sketch
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
        alerts, reviews = await tx.alerts.unrecovered(), await tx.reviews.open()
        standing = await _standing(tx, person, now=office.clock())
    tiles, survey = await desk.tiles.now(), await office.survey()
    view = home_view(
        person,
        zone=ZoneInfo(person.zone),
        now=office.clock(),
        waiting=await office.router.waiting_for(person),
        recent=recent,
        alerts=alerts,
        reviews=[one for one in reviews if one.owner == person.id and one.due_at is not None],
        health=await health_of(office),
        simulated=office.sandbox is not None,
        standing=replace(
            standing, drafts=[one.name for one in await office.drafts()], governance=await _governance(desk)
        ),
        # A simulated world has a calendar of its own.
        known=home_lines(survey, today=survey.as_of.astimezone(desk.zone).date()),
        tiles=tiles,
        picture=await desk.pictures.of(tiles_sketch(tiles), filename="kpis.png") if tiles else None,
        page=page,
    )
    await _published(desk, person, view)


async def _published(desk: Desk, person: Person, view: View) -> None:
    """Where Slack refuses the page, without its pictures: what waits must be seen."""
    try:
        await desk.client.views_publish(user_id=person.slack_id or "", view=view)
    except SlackApiError as error:
        words = plainer(view["blocks"])
        if error.response.get("error") not in UNACCEPTABLE_VIEW or words == view["blocks"]:
            raise
        log.warning("home.refused", error=str(error.response.get("error")))
        await desk.pictures.forget(view["blocks"])
        await desk.client.views_publish(user_id=person.slack_id or "", view={**view, "blocks": words})


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
