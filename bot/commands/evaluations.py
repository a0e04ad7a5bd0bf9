"""`countersign evaluations`: how agents did against what came, and what the next version is judged by."""

from pathlib import Path
from typing import Any

from bot.commands.questions import as_document as question_document
from bot.commands.shell import NEGATIVE, say
from bot.opening import open_office
from bot.settings import Settings
from storage.records.evaluations import Evaluation

_SAID = ("agent", "agent_version", "reason", "score", "text")


async def evaluations_list(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        found = await office.evaluator.newest()
        async with office.ledger.read() as tx:
            cases = [_case(*one) for one in await tx.home.cases()]
    lines = [*map(_line, found), *(f"{one['plan_id']} {one['kind']}: {one['reason'] or one['text']}" for one in cases)]
    document = {"evaluations": [one.model_dump(mode="json") for one in found], "cases": cases}
    say(document, as_json=json, text="\n".join(lines) or "Nothing was evaluated yet: countersign evaluations run")


async def evaluations_run(*, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        done = await office.evaluator.run()
    asked = [] if done.asked is None else [f"{done.asked.id}: {done.asked.title}"]
    document = {
        "evaluations": [one.model_dump(mode="json") for one in done.evaluations],
        "asked": None if done.asked is None else question_document(done.asked),
    }
    text = "\n".join([*map(_line, done.evaluations), *asked]) or "No source answers, so there is nothing to evaluate."
    say(document, as_json=json, text=text)
    return NEGATIVE if any(one.passed is False for one in done.evaluations) else None


def _line(one: Evaluation) -> str:
    verdict = {True: "good", False: "not good enough", None: "to know"}[one.passed]
    return f"{one.subject} {one.version}, {one.measure.value.replace('_', ' ')}: {one.words} ({verdict})"


def _case(plan_id: str, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """A rejection with the person's reason, or a final outcome."""
    return {"plan_id": plan_id, "kind": kind, **{name: facts.get(name, "") for name in _SAID}}
