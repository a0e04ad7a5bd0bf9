"""The rules on the command line: are they sound, do their tests hold, what would others mean, and asking for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.policy import Policy
from agents.governance.policy_tests import run_policy_tests
from agents.governance.rules import Rules
from agents.governance.wording import A_ROLE
from agents.lifecycle.rules.amend import MOST, Unamendable, impact_words
from agents.lifecycle.rules.enact import edition_of
from agents.lifecycle.rules.texts import HomeTexts, text_of
from bot.commands.dossiers import asked_words
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.office import Office
from bot.opening import open_office, utc_now
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment
from bot.wiring import home_texts
from storage.records.dossiers import Dossier
from storage.records.people import Role
from storage.records.plans import PlanState
from storage.records.policies import Edition, is_file_name


async def check(*, home: Path, json: bool) -> int | None:
    """The edition in force, and whether the texts on disk are others, or could not judge at all."""
    settings = Settings(home=home)
    if not settings.database.exists():
        rules = _rules_on_disk(home_texts(settings))
        text = f"There is no home in {home} yet; it would start with {_sound(rules)}"
        say({"ok": True, "edition": None, **_rules_document(rules), "drafts": []}, as_json=json, text=text)
        return None
    async with open_office(settings) as office:
        edition, rules = await _in_force(office)
        drafts = office.texts.drafts(edition)
        problems = problems_on_disk(office.texts) if drafts else ()
    document = {
        "ok": not problems,
        "edition": edition.number,
        "because": edition.because,
        "approved_by": edition.approved_by,
        "at": edition.at,
        **_rules_document(rules),
        "drafts": [{"file": one.name, "words": one.words} for one in drafts],
        "problems": problems,
    }
    lines = [
        f"Edition {edition.number} ({edition.because}) is in force: {_sound(rules)}",
        *(f"DRAFT  {one.words}" for one in drafts),
        *(f"BAD    {one}" for one in problems),
    ]
    say(document, as_json=json, text="\n".join(lines))
    return NEGATIVE if problems else None


async def test(*, files: list[Path], home: Path, json: bool) -> int | None:
    """Run every policy's tests: of the texts in force with these files in their place, or else with all drafts."""
    settings = Settings(home=home)
    texts = home_texts(settings)
    tried = texts.shelf.texts
    if files and settings.database.exists():
        async with open_office(settings) as office:
            tried = (await _in_force(office))[0].texts
    rules = _rules(texts, {**tried, **_read(files, known=tried)})
    report = run_policy_tests(rules)
    held = f"{report.policies} policies pass {report.cases} tests (version {rules.version[:12]})."
    say(
        {"ok": report.passed, "version": rules.version, **report.model_dump(mode="json")},
        as_json=json,
        text=_listed("BAD  ", report.problems) or held,
    )
    return None if report.passed else NEGATIVE


async def what_if(*, files: list[Path], last: int, home: Path, json: bool) -> int | None:
    """What the rules with these files would have said of the last decisions; changes nothing."""
    if not 1 <= last <= MOST:
        raise BadInput(f"--last {last}: from 1 to {MOST} past decisions can be judged again")
    async with open_office(Settings(home=home)) as office:
        edition, _ = await _in_force(office)
        impact = await office.amender.what_if(_read(files, known=edition.texts), last=last)
    if isinstance(impact, Unamendable):
        return _refused(impact, json=json)
    lines = list(impact_words(impact))
    if impact.unjudgeable:
        lines.append(f"{impact.unjudgeable} older ones were stored without what was judged, and are left out.")
    say(impact.model_dump(mode="json"), as_json=json, text="\n".join(lines))
    return None


async def propose(*, files: list[Path], person: str, home: Path, json: bool) -> int | None:
    """Ask for these texts to be the rules; two people have to approve it."""
    async with open_office(Settings(home=home)) as office:
        edition, _ = await _in_force(office)
        asker = await who(office, person)
        made = await office.amender.propose(_read(files, known=edition.texts), asker, via="cli")
        if isinstance(made, Unamendable):
            return _refused(made, json=json)
        dossier, zone = await office.router.dossier(made.plan.id), await office.zone()
    say(_proposal_document(dossier), as_json=json, text=_proposal_text(dossier, zone))
    return NEGATIVE if made.state is PlanState.REFUSED else None


async def show(*, name: str | None, home: Path, json: bool) -> None:
    """The policies in force, or one of them, or one file, as they judge."""
    async with open_office(Settings(home=home)) as office:
        edition, rules = await _in_force(office)
    file = edition.file(name) if name else None
    if file is not None:
        say({"edition": edition.number, **file.model_dump()}, as_json=json, text=file.text)
        return
    chosen = [one for one in rules.policies if name in (None, one.id)]
    if not chosen:
        files = ", ".join(one.name for one in edition.files)
        raise BadInput(f"nothing in force is called {name!r}: name a policy, or one of the files {files}")
    own = frozenset(one.name for one in edition.files if one.own)
    document = {
        "edition": edition.number,
        "version": edition.version,
        "files": [{"name": one.name, "own": one.own} for one in edition.files],
        "policies": [_policy_document(one, own) for one in chosen],
    }
    say(document, as_json=json, text="\n".join(_policy_text(one, own) for one in chosen))


def problems_on_disk(texts: HomeTexts) -> tuple[str, ...]:
    """Why the texts on disk could not judge if they were approved as they are; empty if they could."""
    try:
        _rules_on_disk(texts)
    except ValueError as error:
        return tuple(line.removeprefix("- ") for line in str(error).splitlines())
    return ()


async def _in_force(office: Office) -> tuple[Edition, Rules]:
    async with office.ledger.read() as tx:
        return await office.rulebook.edition(tx), await office.rulebook.of(tx)


def _read(files: Sequence[Path], *, known: Mapping[str, str]) -> dict[str, str | None]:
    """Texts by name; a file that is gone from disk but in force is asked to be gone from there, too."""
    texts: dict[str, str | None] = {}
    for path in files:
        if path.name in texts:
            raise BadInput(f"{path}: another file of that name is given; name each once")
        if not path.exists() and not (is_file_name(path.name) and path.name in known):
            raise BadInput(f"{path}: there is no such file, on disk or in force")
        texts[path.name] = text_of(path) if path.exists() else None
    return texts


def _rules_on_disk(texts: HomeTexts) -> Rules:
    return _rules(texts, texts.shelf.texts)


def _rules(texts: HomeTexts, tried: Mapping[str, str | None]) -> Rules:
    there = {name: text for name, text in tried.items() if text is not None}
    return Rules.of(edition_of(there, texts.product, because="on disk", now=utc_now()))


def _refused(refusal: Unamendable, *, json: bool) -> int:
    say({"answer": "refused", "problems": refusal.problems}, as_json=json, text=_listed("BAD  ", refusal.problems))
    return NEGATIVE


def _listed(mark: str, lines: Sequence[str]) -> str:
    return "\n".join(f"{mark}{line}" for line in lines)


def _sound(rules: Rules) -> str:
    limits = "no caps, so nothing is written" if rules.limits is None else "caps set"
    return f"{len(rules.policies)} policies, {limits} (version {rules.version[:12]})."


def _rules_document(rules: Rules) -> dict[str, Any]:
    return {
        "version": rules.version,
        "policies": [one.id for one in rules.policies],
        "currencies": sorted(rules.limits.currencies) if rules.limits else [],
        "zone": rules.calendar.zone,
    }


def _policy_document(policy: Policy, own: frozenset[str]) -> dict[str, Any]:
    return {**policy.model_dump(mode="json"), "own": policy.file in own}


def _policy_text(policy: Policy, own: frozenset[str]) -> str:
    origin = f"{policy.file}{', your own' if policy.file in own else ''}"
    if policy.effect == "permit":
        return f"{policy.id} ({origin}): permits {', '.join(policy.actions)}"
    if not policy.requires:
        return f"{policy.id} ({origin}): refuses: {policy.text}"
    people = " and ".join(A_ROLE[role] for role in Role if role in policy.requires)
    number = f"{policy.approvers} people, among them " if policy.approvers > 1 else ""
    return f"{policy.id} ({origin}): asks {number}{people}: {policy.text}"


def _proposal_document(dossier: Dossier) -> dict[str, Any]:
    status = dossier.status
    return {
        "answer": "plan",
        "plan": {**status.plan.model_dump(mode="json"), "digest": status.plan.digest},
        "state": status.state,
        "note": status.note,
        "impact": dossier.impact.model_dump(mode="json") if dossier.impact else None,
        "approvers": [one.id for one in dossier.approvers],
        "gates": [one.model_dump(mode="json") for one in dossier.verdict.gates] if dossier.verdict else [],
    }


def _proposal_text(dossier: Dossier, zone: ZoneInfo) -> str:
    plan, status = dossier.status.plan, dossier.status
    lines = [
        f"{plan.id}: {plan.title}",
        f"  {status.state.value}{': ' + status.note if status.note else ''}",
        *(f"  why: {line}" for line in plan.why),
        *(f"  needs: {gate.text}" for gate in (dossier.verdict.gates if dossier.verdict else ())),
    ]
    if dossier.approvers:
        lines.append(f"  waits for: {asked_words(dossier)}, until {plain_moment(plan.expires_at, zone)}")
    return "\n".join(lines)
