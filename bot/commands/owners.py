"""Who answers for which artefact, and naming somebody for one."""

from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Declined
from agents.lifecycle.people.owners import unheld, unowned
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.opening import open_office
from bot.settings import Settings
from storage.records.owners import Answerable

NOBODY = "nobody"
"""In the place of a person: takes back that somebody was named."""


async def owners(*, kind: str | None, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        listed = await office.owners.list()
    kinds = sorted({_kind(one) for one in listed})
    if kind is not None and kind not in kinds:
        raise BadInput(f"there is no kind of artefact called {kind!r}; there are {', '.join(kinds)}")
    shown = [one for one in listed if kind in (None, _kind(one))]
    document = {
        "owners": [_document(one) for one in shown],
        "unowned": list(unowned(shown)),
        "unheld": [{"role": role, "artefacts": count} for role, count in unheld(shown).items()],
    }
    say(document, as_json=json, text="\n".join([*_lines(shown), *_warnings(shown)]))


async def name(*, artefact: str, to: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        by = await who(office, person)
        result = await office.owners.name(artefact.strip(), None if to == NOBODY else to, by=by, via="cli")
    if isinstance(result, Declined):
        say({"accepted": False, "words": result.words}, as_json=json, text=result.words)
        return NEGATIVE
    document = {"accepted": True, "words": result.words, "owner": _document(result.answerable)}
    say(document, as_json=json, text=result.words)
    return None


def owners_check(listed: tuple[Answerable, ...]) -> dict[str, Any]:
    """One finding of `countersign check`: what names no owner is bad, a role that nobody holds is a warning."""
    without, roles = unowned(listed), unheld(listed)
    if without:
        words = f"nobody answers for {', '.join(without[:5])}{' …' if len(without) > 5 else ''}: name its owner in it"
    elif roles:
        words = f"warning: nobody holds {', '.join(roles)}; add the duty in people.yml, or countersign owners set"
    else:
        words = f"{len(listed)} artefacts, each with somebody who answers for it"
    return {"what": "owners", "ok": not without, "words": words}


def _kind(one: Answerable) -> str:
    return one.artefact.partition(":")[0]


def _lines(listed: list[Answerable]) -> list[str]:
    widest = max((len(one.artefact) for one in listed), default=0)
    return [
        f"{one.artefact:<{widest}}  {one.role or 'no role':<22}  "
        f"{', '.join(each.name for each in one.people) or '-'}{' (named)' if one.named else ''}"
        for one in listed
    ]


def _warnings(listed: list[Answerable]) -> list[str]:
    lines = [f"Nobody answers for {artefact}: it names no role." for artefact in unowned(listed)]
    return lines + [
        f"Nobody holds {role}, which {count} artefact{'' if count == 1 else 's'} name: add it to duties in people.yml, "
        f'or countersign owners set "role:{role}" PERSON --as YOU.'
        for role, count in unheld(listed).items()
    ]


def _document(one: Answerable) -> dict[str, Any]:
    people = [{"id": each.id, "name": each.name} for each in one.people]
    return {"artefact": one.artefact, "role": one.role, "people": people, "named": one.named}
