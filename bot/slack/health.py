"""How the bot itself is, for App Home: its data, its monitors, the models behind decisions, who answers for what."""

from datetime import datetime, timedelta

from agents.kpis.figures import format_days
from agents.lifecycle.people.owners import unheld
from bot.office import Office
from bot.slack.cards.home_parts import HealthLine
from bot.slack.cards.markup import count, words
from storage.ledger import Transaction
from storage.records.evaluations import Evaluation

_LATE = timedelta(minutes=20)
"""The sources are looked at every five minutes; this much later something is wrong with it."""
_DAY = timedelta(days=1)
_SHOWN_FAILED = 3


async def health_of(office: Office) -> tuple[HealthLine, ...]:
    """One line each, whatever needs somebody named as what it is."""
    now = office.clock()
    async with office.ledger.read() as tx:
        monitors, models = await _monitors(tx, now), _models(await tx.evaluations.newest())
    return (await _data(office), monitors, *models, *_owners(unheld(await office.owners.list())))


async def _data(office: Office) -> HealthLine:
    newest = await office.kpis.data_day()
    if newest is None:
        return HealthLine("Data", ok=False, text="nothing has been read yet")
    return HealthLine("Data", ok=True, text=f"complete up to {format_days(newest - _DAY, newest - _DAY)}")


async def _monitors(tx: Transaction, now: datetime) -> HealthLine:
    """When the monitors were last set to work, and what they have open."""
    open_cases = await tx.alerts.unrecovered()
    told = count(len(open_cases), "open case")
    fired = await tx.home.get("fired:look")
    if fired is None:
        return HealthLine("Monitors", ok=True, text=f"not yet by the timetable; {told}")
    at = datetime.fromisoformat(fired)
    late = now - at > _LATE
    return HealthLine("Monitors", ok=not late, text=f"{told}; {'late, last' if late else 'last'} looked", checked_at=at)


def _models(newest: tuple[Evaluation, ...]) -> tuple[HealthLine, ...]:
    """The evaluations that failed, else that none did; nothing before the first."""
    if not newest:
        return ()
    failed = [one for one in newest if one.passed is False]
    if not failed:
        passed = sum(one.passed is True for one in newest)
        told = f"{count(passed, 'evaluation')} passed" if passed else "too little to tell yet"
        return (HealthLine("Models", ok=True, text=told, checked_at=max(one.at for one in newest)),)
    return tuple(
        HealthLine(words(one.subject), ok=False, text=one.words, checked_at=one.at) for one in failed[:_SHOWN_FAILED]
    )


def _owners(unheld_roles: dict[str, int]) -> tuple[HealthLine, ...]:
    if not unheld_roles:
        return ()
    named = ", ".join(f"{role} ({number:,})" for role, number in list(unheld_roles.items())[:5])
    more = f" and {len(unheld_roles) - 5:,} more" if len(unheld_roles) > 5 else ""
    return (HealthLine("Owners", ok=False, text=f"nobody holds the role {named}{more}: countersign owners"),)
