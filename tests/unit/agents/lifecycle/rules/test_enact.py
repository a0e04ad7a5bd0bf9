"""Only signed editions judge: what is adopted by itself, what stays a draft, and what nobody can slip in."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from agents.governance.calendar_text import CalendarInvalid
from agents.governance.limits import dump_limits, sandbox_limits
from agents.governance.limits_text import LimitsInvalid
from agents.governance.loading import PoliciesInvalid
from agents.governance.rules import Rules
from agents.lifecycle.rules.enact import Rulebook, RulesUntrusted, adopt, proven, sound
from agents.lifecycle.rules.texts import HomeTexts, Shelf, TextUnreadable
from storage.database import Database
from storage.ledger import Ledger
from storage.records.policies import Edition, PolicyFile
from storage.signing import Keyring
from tests.builders import NOW, pounds
from tests.fakes.editions import a_keyring, put_in_force
from tests.fakes.work_queue import HandWorkQueue

VIEW = '@id("view") permit (principal, action, resource);'
SCHEMA = 'entity User; entity Plan; action "view" appliesTo { principal: [User], resource: [Plan], context: {} };'
SHIPPED = {"people.cedar": VIEW, "schema.cedarschema": SCHEMA}
NEVER = '@id("never") @deny("never") forbid (principal, action, resource);'
LIMITS = dump_limits(sandbox_limits(pounds(1000)))


@dataclass
class Home:
    """A home's database, keys and files; `product` is what the installed version ships."""

    folder: Path
    database: Database
    ledger: Ledger
    keyring: Keyring
    product: Shelf = field(default_factory=lambda: Shelf(product="1.0", shipped=SHIPPED))

    def __post_init__(self) -> None:
        self.rulebook = Rulebook(self.keyring)

    @property
    def texts(self) -> HomeTexts:
        return HomeTexts(self.folder, self.product)

    def write(self, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            path = self.texts.path(name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def install(self, product: str, shipped: Mapping[str, str]) -> None:
        self.product = Shelf(product=product, shipped=shipped)

    async def start(self) -> tuple[Edition, ...]:
        async with self.ledger.write() as tx:
            return await adopt(tx, self.keyring, self.texts, now=NOW)

    async def rules(self) -> Rules:
        async with self.ledger.read() as tx:
            return await self.rulebook.of(tx)

    async def edition(self) -> Edition:
        async with self.ledger.read() as tx:
            return await self.rulebook.edition(tx)

    async def drafts(self) -> dict[str, str]:
        return {one.name: one.words for one in self.texts.drafts(await self.edition())}

    async def tamper(self, statement: str) -> None:
        async with self.database.writing.begin() as connection:
            await connection.execute(text(statement))


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(folder, database, Ledger(database, HandWorkQueue(database)), a_keyring(tmp_path))


async def test_the_first_start_puts_the_product_and_the_teams_own_files_in_force(home: Home):
    home.write({"limits.yml": LIMITS, "own.cedar": NEVER, "people.cedar": f"{VIEW} // ours"})
    (first,) = await home.start()
    assert (first.number, first.because, first.product) == (1, "first start", "1.0")
    assert {one.name: one.own for one in first.files} == {
        "limits.yml": True, "own.cedar": True, "people.cedar": True, "schema.cedarschema": False,
    }  # fmt: skip
    rules = await home.rules()
    assert rules.version == first.version
    assert rules.limits is not None
    async with home.ledger.read() as tx:
        (entry,) = await tx.audit.of("rules")
    assert (entry.action, entry.facts["edition"], entry.facts["version"]) == ("policy.adopted", 1, first.version)
    assert entry.facts["because"] == "first start"


async def test_starting_again_adopts_nothing(home: Home):
    await home.start()
    assert await home.start() == ()
    assert await home.drafts() == {}


@pytest.mark.parametrize(
    ("files", "refusal", "words"),
    [
        ({"own.cedar": "permit"}, PoliciesInvalid, "own.cedar"),
        ({"limits.yml": "steps: 1"}, LimitsInvalid, "limits.yml"),
        ({"calendar.yml": "zone: Nowhere"}, CalendarInvalid, "calendar.yml"),
    ],
)
async def test_a_home_does_not_start_with_rules_that_could_not_judge(
    home: Home, files: dict[str, str], refusal: type[Exception], words: str
):
    home.write(files)
    with pytest.raises(refusal, match=words):
        await home.start()
    with pytest.raises(RulesUntrusted, match="no edition was ever adopted"):
        await home.rules()


async def test_a_cap_for_a_channel_that_is_not_there_is_no_rule(home: Home):
    limits = LIMITS + "    channel_daily_caps:\n      emial: 5.00\n"
    home.write({"limits.yml": limits})
    check = partial(sound, channels=frozenset({"email"}))
    with pytest.raises(LimitsInvalid, match="emial"):
        async with home.ledger.write() as tx:
            await adopt(tx, home.keyring, home.texts, now=NOW, sound=check)
    assert (await home.start())[0].number == 1


async def test_a_file_edited_on_disk_is_a_draft_and_not_in_force(home: Home):
    home.write({"own.cedar": NEVER})
    before = (await home.start())[0].version
    home.write({"own.cedar": "// nothing is forbidden any more", "new.cedar": NEVER})
    assert await home.start() == ()
    assert (await home.rules()).version == before
    drafts = await home.drafts()
    assert set(drafts) == {"own.cedar", "new.cedar"}
    assert "not in force" in drafts["own.cedar"]
    assert f"policy propose {home.folder / 'policies' / 'own.cedar'}" in drafts["own.cedar"]


async def test_a_file_removed_from_disk_stays_in_force(home: Home):
    home.write({"own.cedar": NEVER, "limits.yml": LIMITS})
    await home.start()
    (home.folder / "policies" / "own.cedar").unlink()
    (home.folder / "limits.yml").unlink()
    assert await home.start() == ()
    assert (await home.rules()).limits is not None
    assert all("still in force" in words for words in (await home.drafts()).values())


async def test_first_limits_and_a_first_calendar_are_adopted(home: Home):
    await home.start()
    home.write({"limits.yml": LIMITS, "calendar.yml": "zone: Europe/London\n"})
    (second,) = await home.start()
    assert (second.number, second.because) == (2, "first calendar.yml and limits.yml")
    assert (await home.rules()).calendar.zone == "Europe/London"


async def test_broken_first_limits_stay_a_draft(home: Home):
    await home.start()
    home.write({"limits.yml": "steps: 1"})
    assert await home.start() == ()
    assert (await home.rules()).limits is None
    assert set(await home.drafts()) == {"limits.yml"}


async def test_limits_that_people_took_out_of_force_do_not_come_back_by_themselves(home: Home):
    home.write({"limits.yml": LIMITS})
    await home.start()
    await put_in_force(home.ledger, home.keyring, SHIPPED)
    assert [one.texts.keys() for one in await home.start() if "limits.yml" in one.texts] == []
    assert (await home.rules()).limits is None
    assert set(await home.drafts()) == {"limits.yml"}


async def test_a_newer_product_brings_its_texts_and_leaves_the_teams_own(home: Home):
    home.write({"own.cedar": NEVER, "people.cedar": f"{VIEW} // ours"})
    await home.start()
    home.install("1.1", {**SHIPPED, "people.cedar": f"{VIEW} // newer", "more.cedar": "// more"})
    (second,) = await home.start()
    assert (second.because, second.product) == ("product 1.1", "1.1")
    assert second.texts == {**SHIPPED, "people.cedar": f"{VIEW} // ours", "more.cedar": "// more", "own.cedar": NEVER}
    assert await home.drafts() == {}


async def test_texts_that_a_newer_product_no_longer_has_go(home: Home):
    home.install("1.0", {**SHIPPED, "old.cedar": NEVER})
    await home.start()
    home.install("1.1", SHIPPED)
    assert (await home.start())[0].texts == SHIPPED


async def test_a_newer_product_that_does_not_bear_the_teams_own_policies_stays_out(home: Home):
    home.write({"own.cedar": NEVER})
    await home.start()
    home.install("1.1", {**SHIPPED, "other.cedar": NEVER})
    assert await home.start() == ()
    drafts = await home.drafts()
    assert set(drafts) == {"other.cedar"}
    assert "of this installation (1.1) is not in force" in drafts["other.cedar"]


async def test_an_installation_edited_in_place_is_a_draft(home: Home):
    await home.start()
    home.install("1.0", {**SHIPPED, "people.cedar": f"{VIEW} // more for everybody"})
    assert await home.start() == ()
    assert set(await home.drafts()) == {"people.cedar"}


async def test_a_file_that_is_no_text_stops_the_first_start_and_no_later_one(home: Home):
    bad = home.folder / "policies" / "own.cedar"
    bad.parent.mkdir()
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(TextUnreadable, match=r"own\.cedar: is not UTF-8"):
        await home.start()
    bad.unlink()
    await home.start()
    bad.write_bytes(b"\xff\xfe")
    assert await home.start() == ()
    with pytest.raises(TextUnreadable):
        await home.drafts()


async def test_another_edition_judges_from_its_transaction_on(home: Home):
    await home.start()
    first = await home.rules()
    assert await home.rules() is first
    made = await put_in_force(home.ledger, home.keyring, {**SHIPPED, "own.cedar": NEVER})
    assert (await home.rules()).version == made.version


TAMPERINGS = {
    "text": "UPDATE edition SET body = replace(body, 'never', 'sometimes')",
    "text and version": "UPDATE edition SET body = replace(body, 'never', 'sometimes'), version = 'abc'",
    "version": "UPDATE edition SET version = 'abc'",
    "signature": 'UPDATE edition SET body = replace(body, \'"signature":"\', \'"signature":"00\')',
    "another key": 'UPDATE edition SET body = replace(body, \'"key_id":"\', \'"key_id":"00\')',
    "approvers": 'UPDATE edition SET body = replace(body, \'"approved_by":[]\', \'"approved_by":["carla"]\')',
    "no record": "UPDATE edition SET body = '{}'",
    "number": "UPDATE edition SET number = 7 WHERE number = 2",
    "gone": "DELETE FROM edition WHERE number = 2",
    "all gone": "DELETE FROM edition",
    "an old one again": "INSERT INTO edition (number, version, body) SELECT 3, version, body FROM edition WHERE number = 1",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
@pytest.mark.parametrize("known", [True, False], ids=["running", "after a restart"])
async def test_nothing_is_judged_by_an_edition_that_was_altered(home: Home, statement: str, known: bool):
    home.write({"own.cedar": NEVER})
    await home.start()
    home.install("1.1", {**SHIPPED, "more.cedar": "// more"})
    await home.start()
    trusted = await home.rules() if known else "nothing yet"
    await home.tamper(statement)
    with suppress(RulesUntrusted):
        # What was read and checked before may go on judging; the altered text never does.
        assert await home.rules() is trusted
    for refused in (home.edition, home.start):
        with pytest.raises(RulesUntrusted, match="restored from a backup"):
            await refused()


async def test_keys_that_cannot_be_read_vouch_for_nothing(home: Home, tmp_path: Path):
    await home.start()
    (tmp_path / "keys" / "public.json").write_text("[", encoding="utf-8")
    with pytest.raises(RulesUntrusted, match="keys"):
        await home.rules()


async def test_an_edition_of_another_home_is_not_trusted_here(home: Home, tmp_path: Path):
    await put_in_force(home.ledger, Keyring(tmp_path / "elsewhere"), SHIPPED)
    with pytest.raises(RulesUntrusted, match="signature"):
        await home.rules()


async def test_an_edition_that_the_trail_does_not_know_is_not_trusted(home: Home):
    (first,) = await home.start()
    made = first.model_copy(update={"number": 2, "key_id": "", "signature": ""})
    signature = home.keyring.sign(made.message)
    async with home.ledger.write() as tx:
        await tx.policies.add(made.model_copy(update={"key_id": signature.key_id, "signature": signature.hex}))
    with pytest.raises(RulesUntrusted, match="audit trail"):
        await home.rules()


async def test_signed_texts_that_cannot_judge_judge_nothing(home: Home):
    await put_in_force(home.ledger, home.keyring, {**SHIPPED, "own.cedar": "permit"})
    with pytest.raises(RulesUntrusted, match=r"own\.cedar"):
        await home.rules()


def test_a_shelf_shows_the_teams_file_in_place_of_the_products():
    shelf = replace(Shelf(product="1", shipped=SHIPPED), home={"people.cedar": NEVER})
    assert shelf.texts == {**SHIPPED, "people.cedar": NEVER}


def test_what_people_put_in_force_has_passed_its_tests():
    untested = (PolicyFile(name=name, text=content) for name, content in SHIPPED.items())
    with pytest.raises(PoliciesInvalid, match=r"people\.cedar: view has no case in which it fires"):
        proven(Edition(number=1, files=tuple(untested), because="test", at=NOW))
