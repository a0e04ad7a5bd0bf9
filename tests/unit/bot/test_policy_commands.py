"""The rules on the command line: what is in force, what is only a draft, what others would mean, and asking for them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.commands import policy
from bot.commands.inspect import check
from bot.commands.shell import NEGATIVE, BadInput
from bot.opening import open_office
from bot.settings import Settings
from storage.database import Database
from storage.records.plans import PlanState


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """The one JSON document that was printed since the last look."""

    def read() -> Any:
        return json.loads(capsys.readouterr().out)

    return read


def edit(home: Settings, old: str, new: str) -> Path:
    text = home.limits.read_text(encoding="utf-8")
    assert old in text
    home.limits.write_text(text.replace(old, new), encoding="utf-8")
    return home.limits


async def tampered(home: Settings) -> None:
    database = Database(home.database)
    async with database.writing.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE edition SET body = replace(body, 'step_share_gate: 25', 'step_share_gate: 45')"
        )
    await database.close()


async def test_check_says_what_is_in_force(home: Settings, said: Any):
    assert await policy.check(home=home.home, json=True) is None
    document = said()
    assert (document["ok"], document["edition"], document["because"], document["drafts"]) == (
        True,
        1,
        "first start",
        [],
    )
    assert "daily-cap" in document["policies"]


async def test_an_edited_file_is_said_to_be_a_draft_that_is_not_in_force(home: Settings, said: Any):
    edit(home, "step_share_gate: 25%", "step_share_gate: 26%")
    assert await policy.check(home=home.home, json=True) is None
    (draft,) = said()["drafts"]
    assert draft["file"] == "limits.yml"
    assert "not in force" in draft["words"]
    assert await check(home=home.home, json=True) is None
    drafts = next(one for one in said()["checks"] if one["what"] == "drafts")
    assert (drafts["ok"], "not in force" in drafts["words"]) == (True, True)


async def test_a_draft_that_could_not_judge_is_bad(home: Settings, said: Any):
    home.limits.write_text("steps: 1\n", encoding="utf-8")
    assert await policy.check(home=home.home, json=True) == NEGATIVE
    assert any("limits.yml" in problem for problem in said()["problems"])
    assert await check(home=home.home, json=True) == NEGATIVE
    assert any("limits.yml" in one["words"] for one in said()["checks"] if not one["ok"])


async def test_check_names_rules_that_were_altered_in_the_database(home: Settings, said: Any):
    await tampered(home)
    assert await check(home=home.home, json=True) == NEGATIVE
    rules = next(one for one in said()["checks"] if one["what"] == "rules")
    assert "cannot be trusted" in rules["words"]


async def test_where_there_is_no_home_the_product_is_checked(tmp_path: Path, said: Any):
    assert await policy.check(home=tmp_path / "none", json=True) is None
    assert said()["edition"] is None
    assert await policy.test(files=[], home=tmp_path / "none", json=True) is None
    assert said()["ok"]


async def test_a_policy_without_tests_fails_them(home: Settings, tmp_path: Path, said: Any):
    own = tmp_path / "own.cedar"
    own.write_text('@id("never") @deny("no") forbid (principal, action, resource);', encoding="utf-8")
    assert await policy.test(files=[own], home=home.home, json=True) == NEGATIVE
    assert "own.cedar: never has no case in which it fires" in said()["problems"]
    assert await policy.test(files=[], home=home.home, json=True) is None
    assert said()["cases"] > 100


async def test_what_if_answers_in_json_and_changes_nothing(home: Settings, said: Any):
    limits = edit(home, "step_share_gate: 25%", "step_share_gate: 26%")
    assert await policy.what_if(files=[limits], last=50, home=home.home, json=True) is None
    document = said()
    assert document["changed"] == 0
    assert document["version_now"] != document["version_then"]
    with pytest.raises(BadInput, match="--last 0"):
        await policy.what_if(files=[limits], last=0, home=home.home, json=True)


async def test_a_proposal_is_a_plan_that_waits_for_two(home: Settings, said: Any):
    limits = edit(home, "step_share_gate: 25%", "step_share_gate: 26%")
    assert await policy.propose(files=[limits], person="ada", home=home.home, json=True) is None
    document = said()
    assert (document["answer"], document["state"]) == ("plan", PlanState.WAITING)
    assert document["approvers"] == ["aaron", "carla"]
    assert [gate["approvers"] for gate in document["gates"]] == [2]
    async with open_office(home) as office:
        assert (await office.rules()).limits.step_share_gate_bp == 2500


async def test_a_refused_proposal_names_file_and_reason(home: Settings, said: Any):
    home.limits.write_text("steps: 1\n", encoding="utf-8")
    assert await policy.propose(files=[home.limits], person="ada", home=home.home, json=True) == NEGATIVE
    assert "limits.yml" in said()["problems"][0]
    assert await policy.what_if(files=[home.limits], last=1, home=home.home, json=True) == NEGATIVE
    assert said()["answer"] == "refused"


async def test_files_that_are_none_are_bad_input(home: Settings, tmp_path: Path):
    for files, words in (
        ([tmp_path / "none.cedar"], "no such file"),
        ([home.limits, home.limits], "name each once"),
    ):
        with pytest.raises(BadInput, match=words):
            await policy.propose(files=files, person="ada", home=home.home, json=True)


async def test_a_file_gone_from_disk_is_asked_to_be_gone_from_force(home: Settings, said: Any):
    home.calendar.unlink()
    assert await policy.propose(files=[home.calendar], person="ada", home=home.home, json=True) is None
    (change,) = said()["plan"]["changes"]
    assert json.loads(change["after"]) == {"calendar.yml": None}


async def test_policies_and_files_are_shown_as_they_judge(
    home: Settings, said: Any, capsys: pytest.CaptureFixture[str]
):
    await policy.show(name=None, home=home.home, json=True)
    everything = said()
    await policy.show(name="daily-cap", home=home.home, json=True)
    (one,) = said()["policies"]
    assert one in everything["policies"]
    await policy.show(name="caps.cedar", home=home.home, json=False)
    assert '@id("daily-cap")' in capsys.readouterr().out
    with pytest.raises(BadInput, match="nothing in force is called 'nonsense'"):
        await policy.show(name="nonsense", home=home.home, json=False)


async def test_people_read_words_and_not_json(home: Settings, capsys: pytest.CaptureFixture[str]):
    limits = edit(home, "step_share_gate: 25%", "step_share_gate: 26%")
    await policy.check(home=home.home, json=False)
    await policy.what_if(files=[limits], last=9, home=home.home, json=False)
    await policy.propose(files=[limits], person="ada", home=home.home, json=False)
    await policy.show(name=None, home=home.home, json=False)
    text = capsys.readouterr().out
    for words in (
        "DRAFT", "is in force: ", "No past decision is there", "waits for: Aaron Blake (aaron), Carla Mendes (carla)",
        "approval-always (agents.cedar): asks an approver", "agents-plan (agents.cedar): permits plan_change",
        "rules-need-two (rules.cedar): asks 2 people, among them an approver and the CMO",
    ):  # fmt: skip
        assert words in text


async def test_nobody_may_by_rules_that_are_not_trusted(home: Settings):
    async with open_office(home) as office:
        async with office.ledger.read() as tx:
            (ada,) = [one for one in await tx.people.all() if one.id == "ada"]
        assert (await office.may(ada, "configure")).allowed
    await tampered(home)
    async with open_office(home) as office:
        permission = await office.may(ada, "configure")
    assert not permission.allowed
    assert "cannot be trusted" in permission.reason


async def test_what_one_may_do_with_a_plan_depends_on_the_plan(home: Settings, said: Any):
    limits = edit(home, "step_share_gate: 25%", "step_share_gate: 26%")
    await policy.propose(files=[limits], person="carla", home=home.home, json=True)
    async with open_office(home) as office:
        async with office.ledger.read() as tx:
            people = {one.id: one for one in await tx.people.all()}
            (status,) = await tx.plans.recent()
        assert (await office.may(people["aaron"], "approve", status.plan)).allowed
        assert not (await office.may(people["carla"], "approve", status.plan)).allowed
