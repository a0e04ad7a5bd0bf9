"""What the matrix has of reviews of cases, by hand from what the product promises and from policies/people.cedar."""

from datetime import datetime

from agents.governance.rules import Rules
from agents.lifecycle.walk import step
from bot.slack.buttons import AlertRef
from bot.slack.cards.blocks import View
from bot.slack.cards.review_view import review_view
from storage.records.alerts import Alert
from storage.records.reviews import Remedy, Review, ReviewState, Taken
from tests.fakes.member import Json
from tests.scenarios.matrix_commands import WORKING
from tests.scenarios.matrix_people import RITA
from tests.scenarios.matrix_row import Row, effect, opens
from tests.scenarios.matrix_world import World

REVIEWING_CASES = f"{WORKING} brand"


async def _case(world: World, *, diagnosed: bool = False, acted: bool = False) -> str:
    """The id of a case under review that Rita has taken so far."""
    office, alert_id = world.team.office, await world.alert()
    await office.pursuit.keep_up()
    rita = await world.person(RITA)
    if diagnosed or acted:
        await office.examiner.diagnose(alert_id, rita, cause="noise", words="", via="test")
    if acted:
        async with office.ledger.write() as tx:
            review, alert = await tx.reviews.get(alert_id), await tx.alerts.get(alert_id)
            assert review is not None
            assert alert is not None
            await tx.reviews.save(_as_acted(review, alert, rita.id, await office.rulebook.of(tx), office.clock()))
    return alert_id


def _as_acted(review: Review, alert: Alert, by: str, rules: Rules, now: datetime) -> Review:
    """As after a recalibration, of which a market whose detector is right about it has nothing to make."""
    taken = Taken(remedy=Remedy.RECALIBRATE, why="too touchy", by=by, at=now, data_day=alert.finding.seen_on)
    return step(review, ReviewState.ACTED, by=by, words="other settings", now=now, rules=rules, taken=taken)


async def _view(world: World, alert_id: str) -> View:
    async with world.team.office.ledger.read() as tx:
        review, alert = await tx.reviews.get(alert_id), await tx.alerts.get(alert_id)
        people = {one.id: one for one in await tx.people.all()}
    assert review is not None
    assert alert is not None
    return review_view(review, alert, people=people, zone=world.team.desk.zone, now=world.team.wall())


async def _open(world: World, name: str) -> Json:
    return world.click(name, "alert.review", AlertRef(await _case(world)).encode())


async def _diagnose(world: World, name: str) -> Json:
    view = await _view(world, await _case(world))
    return await world.submission(name, view, cause="tracking", words="the tag <!channel>")


async def _accept(world: World, name: str) -> Json:
    view = await _view(world, await _case(world, diagnosed=True))
    return await world.submission(name, view, remedy="accept", words="so it is")


async def _verify(world: World, name: str) -> Json:
    return await world.submission(name, await _view(world, await _case(world, acted=True)), words="quiet since")


REVIEW_BUTTONS = (
    Row(
        "button alert.review",
        "an open case",
        _open,
        {REVIEWING_CASES: opens("review.diagnose")},
        refused="may diagnose",
    ),
)
REVIEW_FORMS = (
    Row(
        "modal review.diagnose", "a kind of cause", _diagnose,
        {REVIEWING_CASES: effect("trail: review.diagnosed", told="somebody chooses what to do")}, refused="may diagnose",
    ),
    Row(
        "modal review.act", "it is so", _accept,
        {
            WORKING: effect(
                "alert: open → recovered", "trail: alert.expected", "trail: review.acted", told="accepted as the new normal"
            ),
            "brand": effect(told="may say what is normal"),
        },
        refused="may resolve",
    ),
    Row(
        "modal review.verify", "by somebody else", _verify,
        {REVIEWING_CASES: effect("trail: review.verified", told="is verified")}, refused="may verify",
    ),
)  # fmt: skip
