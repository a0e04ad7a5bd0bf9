"""Who answers for what: by the role that an artefact names, or by name; a change of either holds at once."""

import pytest

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.people.owners import Named, unheld, unowned
from storage.records.alerts import Alert, AlertKind, Finding
from storage.records.models import ArtefactKind
from storage.records.people import Person
from tests.builders import AARON, ADA, CARLA, NOW, OLIVIA, VICTOR, a_finding
from tests.unit.agents.lifecycle.house import House


def on_duty(person: Person, *duties: str) -> Person:
    return person.model_copy(update={"duties": frozenset(duties)})


PERFORMANCE = on_duty(OLIVIA, "performance marketing")
DATA = on_duty(ADA, "data engineer")


@pytest.fixture
async def staffed(house: House) -> House:
    await house.change(PERFORMANCE, AARON, CARLA, VICTOR, DATA)
    return house


async def names(house: House, artefact: str) -> list[str]:
    async with house.ledger.read() as tx:
        return [one.id for one in (await house.owners.of_artefact(tx, artefact)).people]


async def named(house: House, artefact: str, person: str | None, by: Person = ADA) -> Named | Declined:
    return await house.owners.name(artefact, person, by=by, via="test")


async def alert_of(house: House, finding: Finding) -> Alert:
    async with house.ledger.write() as tx:
        return await tx.alerts.open(finding, now=NOW)


async def test_every_dataset_feature_kpi_and_policy_names_a_role(staffed: House):
    listed = await staffed.owners.list()
    assert {one.artefact.partition(":")[0] for one in listed} == {"dataset", "feature", "kpi", "policy"}
    assert unowned(listed) == ()
    assert "dataset:order" in {one.artefact for one in listed}


async def test_a_model_is_owned_as_its_newest_version_says(staffed: House):
    async with staffed.ledger.write() as tx:
        for owner in ("marketing analytics", "performance marketing"):
            await tx.models.register(
                "drift_thresholds", kind=ArtefactKind.SETTINGS, content=owner, owner=owner, by="release", now=NOW
            )
    (model,) = [one for one in await staffed.owners.list() if one.artefact == "model:drift_thresholds"]
    assert (model.role, [one.id for one in model.people]) == ("performance marketing", ["olivia"])


async def test_a_role_that_nobody_active_holds_is_told_with_what_waits_for_it(staffed: House):
    before = unheld(await staffed.owners.list())
    assert {"sales", "finance"} <= set(before)
    assert "performance marketing" not in before
    await staffed.change(AARON, CARLA, DATA)
    after = unheld(await staffed.owners.list())
    assert after["performance marketing"] > 5


async def test_somebody_named_stands_alone_and_is_asked_no_more_once_they_have_left(staffed: House):
    assert await names(staffed, "kpi:cpc") == ["olivia"]
    assert isinstance(await named(staffed, "kpi:cpc", "carla"), Named)
    assert await names(staffed, "kpi:cpc") == ["carla"]
    assert await names(staffed, "kpi:cpa") == ["olivia"], "others of the role stay as they are"
    await staffed.change(PERFORMANCE, AARON, DATA)
    assert await names(staffed, "kpi:cpc") == ["olivia"], "the role answers again"


async def test_a_person_named_for_a_role_answers_for_all_that_names_it(staffed: House):
    assert await names(staffed, "dataset:order") == []
    said = await named(staffed, "role:shop", "aaron")
    assert isinstance(said, Named), said
    assert await names(staffed, "dataset:order") == await names(staffed, "dataset:product") == ["aaron"]
    assert isinstance(await named(staffed, "role:shop", None), Named)
    assert await names(staffed, "dataset:order") == []


async def test_a_change_of_owner_is_in_the_trail(staffed: House):
    await named(staffed, "kpi:cpc", "carla")
    await named(staffed, "kpi:cpc", None, by=CARLA)
    assert await staffed.actions("kpi:cpc") == ["owner.named", "owner.cleared"]
    assert await staffed.verified()


@pytest.mark.parametrize("person", [OLIVIA, AARON, VICTOR])
async def test_whoever_does_not_answer_for_the_team_names_nobody(staffed: House, person: Person):
    said = await named(staffed, "kpi:cpc", "carla", by=person)
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert await names(staffed, "kpi:cpc") == ["olivia"]


@pytest.mark.parametrize(
    ("artefact", "person", "cause"),
    [
        ("kpi:nothing", "carla", Cause.UNKNOWN),
        ("cpc", "carla", Cause.UNKNOWN),
        ("role:astronaut", "carla", Cause.UNKNOWN),
        ("kpi:cpc", "nobody-we-know", Cause.INVALID),
        ("kpi:cpc", None, Cause.REPEATED),
    ],
)
async def test_what_cannot_be_named_is_refused_in_words(staffed: House, artefact: str, person: str, cause: Cause):
    said = await named(staffed, artefact, person)
    assert isinstance(said, Declined)
    assert said.cause is cause
    assert "changed" in said.words or "kind:name" in said.words or "people.yml" in said.words


async def test_a_mistyped_artefact_is_told_what_was_meant(staffed: House):
    said = await named(staffed, "cpc", "carla")
    assert "did you mean kpi:cpc?" in said.words


@pytest.mark.parametrize(
    ("changes", "artefact", "people"),
    [
        ({"kind": AlertKind.DRIFT, "kpi": "cpc"}, "kpi:cpc", ["olivia"]),
        ({"kind": AlertKind.DRIFT, "kpi": "roas_28d"}, "feature:roas_28d", ["olivia"]),
        ({"kind": AlertKind.OUTCOME, "kpi": "roas"}, "kpi:roas", ["olivia"]),
        ({"kind": AlertKind.GOVERNANCE, "kpi": "governance"}, "policy:people.cedar", []),
        ({"kind": AlertKind.DIVERGENCE, "kpi": "stock"}, "dataset:product", []),
    ],
)
async def test_an_alert_goes_to_whoever_answers_for_what_it_is_about(staffed: House, changes, artefact, people):
    answers = await staffed.owners.of(a_finding(**changes))
    assert (answers.artefact, [one.id for one in answers.people]) == (artefact, people)


async def test_late_data_goes_to_the_owner_of_the_source_else_of_its_data(staffed: House):
    finding = a_finding(kind=AlertKind.FRESHNESS, kpi="freshness", entity="fake", simulated=True)
    await staffed.freshness.look()
    assert [one.id for one in (await staffed.owners.of(finding)).people] == ["ada"]
    assert isinstance(await named(staffed, "source:fake", "carla"), Named)
    assert [one.id for one in (await staffed.owners.of(finding)).people] == ["carla"]


async def test_a_change_of_owner_draws_the_cards_of_open_cases_anew(staffed: House):
    alert = await alert_of(staffed, a_finding(kind=AlertKind.DRIFT, kpi="cpc"))
    other = await alert_of(staffed, a_finding(key="drift/aov", kind=AlertKind.DRIFT, kpi="aov"))
    await named(staffed, "kpi:cpc", "carla")
    async with staffed.ledger.read() as tx:
        after, untouched = await tx.alerts.get(alert.id), await tx.alerts.get(other.id)
    assert after is not None
    assert after.version > alert.version
    assert untouched == other
    assert (await staffed.owners.of(alert.finding)).names == "Carla Mendes"
