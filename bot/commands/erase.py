"""`countersign erase`: forget a person everywhere outside the salted commitments of the trail, and say what went."""

from pathlib import Path

from agents.lifecycle.decide import Declined
from agents.lifecycle.intake.forget import Forgotten
from bot.commands.shell import NEGATIVE, say
from bot.commands.who import who
from bot.opening import open_office
from bot.settings import Settings


async def erase(*, known_by: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.forgetter.forget(known_by, await who(office, person), via="cli")
    if isinstance(result, Declined):
        say({"erased": False, "words": result.words, "report": None}, as_json=json, text=result.words)
        return NEGATIVE
    words = _words(result)
    say(
        {"erased": True, "words": words[0], "report": result.model_dump(mode="json")},
        as_json=json,
        text="\n".join(words),
    )
    return None


def _words(gone: Forgotten) -> list[str]:
    texts = ", ".join(f"{count} {field}" for field, count in gone.texts.items())
    lines = [f"Forgotten: {texts}. {gone.person} in the lake stands for nothing now."]
    places = {"rows set aside": gone.quarantine, "questions": gone.questions, **gone.elsewhere}
    lines += [f"  {count} {place} held something of it: taken out" for place, count in places.items() if count]
    if gone.trail:
        lines.append(f"  the trail keeps {gone.trail} commitments, from which nobody can tell what they were of")
    lines += [
        f"  still named in a file of yours: {path}: delete it, or answer the question it waits for"
        for path in gone.files
    ]
    return [*lines, "  copies made by `countersign backup` before today are not touched"]
