"""Questions to people on the command line: list them, and answer one."""

from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Declined
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.commands.work_off import work_off
from bot.opening import open_office
from bot.settings import Settings
from storage.records.questions import Question

_PATIENCE_S = 600.0
"""A large file that waited for the answer lands within this command."""


async def questions(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        waiting = await office.asker.open()
    document = {"questions": [as_document(one) for one in waiting]}
    say(document, as_json=json, text="\n\n".join(map(_text, waiting)) or "Nothing is asked.")


async def answer(*, question: str, option: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    number = question.upper().removeprefix("Q-")
    if not number.isdecimal() or number.startswith("0"):
        raise BadInput(f"{question!r} is no question: write it as Q-3; countersign questions lists them")
    async with open_office(settings) as office:
        result = await office.asker.answer(f"Q-{number}", option, await who(office, person), via="cli")
        if isinstance(result, Declined):
            say({"accepted": False, "words": result.words, "question": None}, as_json=json, text=result.words)
            return NEGATIVE
        await work_off(office, settings, patience_s=_PATIENCE_S)
        settled = await office.asker.get(result.question.id) or result.question
    document = {"accepted": True, "words": settled.outcome, "question": as_document(settled)}
    say(document, as_json=json, text=settled.outcome)
    return None


def as_document(question: Question) -> dict[str, Any]:
    """A question without what only its handler needs."""
    return question.model_dump(mode="json", exclude={"subject", "version", "number"})


def _text(question: Question) -> str:
    lines = [f"{question.id}: {question.title}", *(f"  {line}" for line in question.lines)]
    lines += ["  " + " | ".join(row) for row in question.table]
    lines += [f"  countersign answer {question.id} {one.id} --as YOU   # {one.label}" for one in question.options]
    return "\n".join([*lines, f"  {question.if_nobody_answers}"])
