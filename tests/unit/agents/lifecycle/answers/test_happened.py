"""What happened over some days: also what was over again before they were."""

from datetime import date, timedelta

from agents.kpis.understanding import ChangesQuestion
from agents.kpis.windows import Window
from agents.lifecycle.answers.happened import Historian
from agents.lifecycle.people.freeze import Stopped
from bot.office import Office
from storage.records.people import Person
from storage.records.stops import FreezeScope
from tests.fakes.clock import HandClock


async def told(office: Office, first: date, last: date) -> str:
    historian = Historian(ledger=office.ledger, charter=office.charter, readers=office.readers)
    question = ChangesQuestion(window=Window(first=first, last=last, words="then"))
    return (await historian.since(question, simulated=True, zone="Europe/London")).text


async def test_a_freeze_that_was_lifted_again_is_told_of_with_its_end(office: Office, clock: HandClock) -> None:
    ada = await _somebody(office)
    set_on = clock().date()
    made = await office.freezer.freeze(FreezeScope.ALL, "", ada, reason="wrong prices", via="test")
    assert isinstance(made, Stopped), made
    clock.pass_(days=2)
    assert isinstance(await office.freezer.thaw(None, ada, via="test"), Stopped)
    lifted_on = clock().date()

    whole = await told(office, set_on, lifted_on)
    assert "FREEZE-1 froze all: wrong prices." in whole
    assert "FREEZE-1 on all was lifted." in whole
    assert "froze" not in await told(office, lifted_on, lifted_on)
    assert "FREEZE-1" not in await told(office, lifted_on + timedelta(days=1), lifted_on + timedelta(days=3))


async def _somebody(office: Office) -> Person:
    """Who may freeze and thaw."""
    async with office.ledger.read() as tx:
        for one in await tx.people.all():
            if (await office.may(one, "thaw")).allowed and (await office.may(one, "freeze")).allowed:
                return one
    raise AssertionError("nobody may")
