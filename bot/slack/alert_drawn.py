"""The card of an alert as the database has it now, with its parts, its review and who took what back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agents.lifecycle.people.owners import Owners
from bot.slack.cards.alert_card import alert_card, suspects
from bot.slack.cards.blocks import Message
from bot.slack.cards.review_line import review_line
from storage.ledger import Ledger


async def drawn_alert(
    ledger: Ledger, alert_id: str, *, zone: ZoneInfo, now: datetime, owners: Owners | None = None
) -> tuple[int, Message]:
    """The version that is shown, and the card; with `owners` it says who answers for what it is about."""
    async with ledger.read() as tx:
        alert, people = await tx.alerts.get(alert_id), await tx.people.all()
        assert alert is not None, "cards are of alerts that exist"
        taken = await tx.plans.rolled_back_by(suspects(alert.finding))
        parts = [one for one in await tx.alerts.unrecovered() if one.finding.part_of == alert.finding.key]
        review = await tx.reviews.get(alert_id)
        answers = await owners.of_in(tx, alert.finding) if owners else None
    known = {one.id: one for one in people}
    about = review_line(review, zone=zone, now=now) if review else ""
    card = alert_card(alert, zone=zone, people=known, rolled_back=taken, parts=parts, review=about, answers=answers)
    return alert.version, card
