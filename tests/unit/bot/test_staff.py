"""people.yml: who may do what, written by hand, read at every start."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.features.definitions import load_features
from agents.kpis.definitions import load_kpis
from agents.lifecycle.artefacts import shipped
from agents.team.roster import roster
from bot.staff import DEMO, PeopleInvalid, dump_people, load_people
from storage.contracts.entities import BY_DATASET
from storage.records.people import Person, Role


def read(tmp_path: Path, text: str) -> tuple[Person, ...]:
    path = tmp_path / "people.yml"
    path.write_text(text, encoding="utf-8")
    return load_people(path)


def test_a_home_without_people_gets_those_of_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "people.yml"
    assert load_people(path) == DEMO
    assert load_people(path) == DEMO
    assert "Roles: viewer, operator" in path.read_text(encoding="utf-8")


def test_the_demo_has_every_role_that_no_policy_asks_for_by_name_and_nobody_has_two() -> None:
    asked_by_name = {Role.BRAND, Role.FINANCE, Role.LEGAL}
    assert {role for person in DEMO for role in person.roles} == set(Role) - asked_by_name
    assert all(len(person.roles) == 1 for person in DEMO)


@given(
    st.lists(
        st.builds(
            Person,
            id=st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True),
            name=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
            roles=st.frozensets(st.sampled_from(Role), min_size=1),
            slack_id=st.none() | st.from_regex(r"[UW][A-Z0-9]{5,10}", fullmatch=True),
            zone=st.sampled_from(["Europe/London", "Asia/Kolkata", "America/New_York"]),
            active=st.booleans(),
            duties=st.frozensets(st.sampled_from(["sales", "data engineer"])),
            owns=st.frozensets(st.sampled_from(["budget_planner"])),
        ),
        max_size=4,
        unique_by=lambda person: person.id,
    )
)
def test_what_is_written_reads_back_as_the_same_people(people: list[Person]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert read(Path(folder), dump_people(tuple(people))) == tuple(people)


def test_only_roles_are_needed(tmp_path: Path) -> None:
    (someone,) = read(tmp_path, "people: {jo: {roles: [viewer]}}")
    assert someone == Person(id="jo", name="jo", roles=frozenset({Role.VIEWER}))


def test_duties_are_read_as_they_are_named_elsewhere(tmp_path: Path) -> None:
    (someone,) = read(tmp_path, "people: {jo: {roles: [viewer], duties: [Data Engineer, ' sales'], owns: [planner]}}")
    assert (someone.duties, someone.owns) == ({"data engineer", "sales"}, {"planner"})


def test_every_role_that_the_product_names_as_an_owner_is_held_in_the_demo() -> None:
    named = {one.owner for one in load_kpis().values()} | {one.owner for one in load_features().values()}
    named |= {one.owner for one in BY_DATASET.values()} | {one.owner for one in shipped(roster())}
    assert named <= {duty for person in DEMO for duty in person.duties}


def test_whoever_is_not_active_is_read_and_has_no_role(tmp_path: Path) -> None:
    (someone,) = read(tmp_path, "people: {jo: {roles: [cmo], active: false}}")
    assert not someone.has(Role.CMO)


def test_an_empty_team_is_nobody_and_not_the_demo(tmp_path: Path) -> None:
    assert read(tmp_path, "people: {}") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people:\n  jo: [", "people.yml:2: not YAML"),
        ("", "needs a `people:` mapping"),
        ("- jo", "needs a `people:` mapping"),
        ("people: [jo]", "needs a `people:` mapping"),
        ("people: {jo: viewer}", "people.jo needs name, roles, slack and zone"),
        ("people: {jo: {name: Jo}}", "people.jo.roles is missing"),
        ("people: {jo: {roles: [boss]}}", "people.jo: 'boss' is not a valid Role"),
        ("people: {jo: {roles: viewer}}", "people.jo: "),
        ("people: {jo: {roles: 3}}", "people.jo: "),
        ("people: {jo: {roles: [viewer], zone: Mars/Olympus}}", "people.jo: "),
        ("people: {jo: {roles: [viewer], slak: U1}}", "people.jo.slak is unknown; use name, roles, slack, zone"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(PeopleInvalid) as refusal:
        read(tmp_path, text)
    assert str(refusal.value).startswith(str(tmp_path / "people.yml"))
    assert says in str(refusal.value)
