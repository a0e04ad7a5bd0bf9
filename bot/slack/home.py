"""App Home: what waits for me, what was decided, what drifts, how the bot itself is."""

from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.cards.home_view import HealthLine, home_view
from bot.slack.desk import Desk
from storage.records.people import Person
from storage.records.plans import PlanState

log = structlog.get_logger()

_DECIDED = frozenset(PlanState) - {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING}


async def publish(desk: Desk, person: Person) -> None:
    """Draw the person's page anew."""
    office = desk.office
    async with office.ledger.read() as tx:
        recent = [status for status in await tx.plans.recent(30) if status.state in _DECIDED]
        alerts = await tx.alerts.unrecovered()
    view = home_view(
        person,
        zone=ZoneInfo(person.zone),
        now=office.clock(),
        waiting=await office.router.waiting_for(person),
        recent=recent,
        alerts=alerts,
        health=[await _health(desk)],
        simulated=office.sandbox is not None,
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
