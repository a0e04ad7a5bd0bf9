"""What happened over some days: also what was over again before they were."""

import re
from datetime import date, timedelta

from agents.kpis.provenance import unsourced
from agents.kpis.understanding import ChangesQuestion
from agents.kpis.windows import Window
from agents.lifecycle.answers.happened import Historian
from agents.lifecycle.cases.cases import open_case
from agents.lifecycle.people.freeze import Stopped
from bot.office import Office
from storage.records.alerts import AlertKind, AlertState, Finding, Severity
from storage.records.people import Person
from storage.records.stops import FreezeScope
from tests.fakes.clock import HandClock

DAY = timedelta(days=1)


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


async def test_cases_that_opened_are_named_and_those_still_open_first(office: Office, clock: HandClock) -> None:
    day = clock().date()
    async with office.ledger.write() as tx:
        over = await open_case(tx, _finding("drift/cpc/email", "Cost per click of email is up 45 %", day), now=clock())
        await tx.alerts.save(over.model_copy(update={"state": AlertState.RECOVERED}))
        clock.pass_(minutes=1)
        still = await open_case(tx, _finding("drift/new_leads/all", "New leads are down 74 %", day - DAY), now=clock())
        await open_case(tx, _finding("drift/ctr/email", "Another world's", day, simulated=False), now=clock())

    told_of = await told(office, day - DAY, day)
    first, second = [line for line in told_of.splitlines() if "ALERT-" in line]
    assert f"{still.id} opened, open: New leads are down 74 %. Cause: unknown" in first
    assert f"{over.id} opened, over again: Cost per click of email is up 45 %." in second
    assert "Another world" not in told_of
    assert "ALERT-" not in await told(office, day + DAY, day + 2 * DAY)


async def test_cases_are_narrowed_and_every_figure_of_them_is_in_their_records(office: Office, clock: HandClock):
    day = clock().date()
    async with office.ledger.write() as tx:
        for key, title, channel in (("a", "Clicks of email are down 61 %", "email"), ("b", "Spend is up 33 %", None)):
            finding = _finding(key, title, day).model_copy(update={"channel": channel})
            await open_case(tx, finding, now=clock())
    historian = Historian(ledger=office.ledger, charter=office.charter, readers=office.readers)
    window = Window(first=day, last=day, words="then")
    for where, kept in (((), ["33", "61"]), ((("channel", "email"),), ["61"])):
        reply = await historian.since(ChangesQuestion(window=window, where=where), simulated=True, zone="Europe/London")
        assert sorted(re.findall(r"(\d+) %", reply.text)) == kept
        assert not unsourced(reply.text, reply.basis)


def _finding(key: str, title: str, day: date, *, simulated: bool = True) -> Finding:
    return Finding(
        key=key, kind=AlertKind.DRIFT, severity=Severity.WARNING, kpi="cpc", entity="all", title=title, detail=(),
        cause="unknown", seen_on=day, simulated=simulated,
    )  # fmt: skip


async def _somebody(office: Office) -> Person:
    """Who may freeze and thaw."""
    async with office.ledger.read() as tx:
        for one in await tx.people.all():
            if (await office.may(one, "thaw")).allowed and (await office.may(one, "freeze")).allowed:
                return one
    raise AssertionError("nobody may")
