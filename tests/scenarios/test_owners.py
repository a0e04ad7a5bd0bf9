"""An alert names who answers for it, and a change of owner moves the open ones too."""

from agents.lifecycle.people.owners import Named
from storage.records.alerts import Alert
from tests.scenarios.team import Team, words


async def first_alert(team: Team) -> Alert:
    async with team.office.ledger.read() as tx:
        alert = await tx.alerts.get("ALERT-1")
    assert alert is not None
    return alert


async def test_a_change_of_owner_redraws_the_card_of_an_open_case(team_in_drift: Team) -> None:
    office = team_in_drift.office
    await team_in_drift.card("Answers for it: *Olivia Reed*", subject="ALERT-1")
    artefact = (await office.owners.of((await first_alert(team_in_drift)).finding)).artefact
    async with office.ledger.read() as tx:
        ada = await tx.people.get("ada")
    assert ada is not None
    said = await office.owners.name(artefact, "carla", by=ada, via="test")
    assert isinstance(said, Named), said
    card = await team_in_drift.card("Answers for it: *Carla Mendes*", subject="ALERT-1")
    assert "Olivia Reed" not in " ".join(words(card))
