"""Everybody × every command × every button × every form: what must happen happens, and nothing else ever.

The table is written by hand in matrix_{commands,buttons,forms}.py, from what the product promises and from
policies/people.cedar; nothing in it is computed from what is tested.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.commands.up import MANIFEST
from bot.slack.buttons import ActionId, CallbackId, PlanChoice
from tests.scenarios.matrix_buttons import BUTTONS
from tests.scenarios.matrix_commands import COMMANDS, MARKET_MOVES
from tests.scenarios.matrix_forms import FORMS
from tests.scenarios.matrix_people import KNOWN, NOBODIES, UNREACHABLE
from tests.scenarios.matrix_row import Row
from tests.scenarios.matrix_world import BROKEN, Came, World, a_world

ROWS = (*COMMANDS, *MARKET_MOVES, *BUTTONS, *FORMS)


def test_everything_that_can_be_sent_is_in_the_table() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    commands = {f"command {one['command']}" for one in manifest["features"]["slash_commands"]}
    buttons = {f"button {one}" for one in ActionId}
    forms = {f"modal {one}" for one in CallbackId}

    assert {row.surface for row in ROWS} == commands | buttons | forms
    assert {str(one) for one in PlanChoice} >= {row.about for row in ROWS if row.about.startswith("quiet")}
    assert sum(row.surface == "button plan.more" for row in ROWS) == len(PlanChoice)
    assert len({(row.surface, row.about) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("names", [*((name,) for name in KNOWN), NOBODIES], ids=[*KNOWN, "nobodies"])
async def test_everybody_gets_what_the_table_says_and_nothing_else(
    names: tuple[str, ...], proposed_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(proposed_home, tmp_path / "home"))
    wrong: list[str] = []

    async with a_world(home) as world:
        for row in ROWS:
            for name in names:
                came = await _cell(world, row, name)
                wrong += [f"{name} · {row.surface} · {row.about}: {what}" for what in _misfits(row, name, came)]
        assert await world.team.trail_is_whole()

    assert not wrong, "\n".join(wrong)


async def _cell(world: World, row: Row, name: str) -> Came:
    payload = await row.send(world, name)
    world.ready()
    return await world.deliver(name, payload, wanted=row.of(name).effect, acked=row.heard)


def _misfits(row: Row, name: str, came: Came) -> Iterator[str]:
    then = row.of(name)
    if came.effect != then.effect:
        yield f"changed {sorted(came.effect)}, and not {sorted(then.effect)}"
    if came.form != then.form:
        yield f"opened {came.form or 'no form'}, and not {then.form or 'none'}"
    if name not in UNREACHABLE and then.told not in came.told:
        yield f"told {came.told[:300]!r}, without {then.told!r}"
    if not then.told and not then.form and came.told:
        yield f"told {came.told[:300]!r}, and nothing was to be said"
    yield from came.faults
    if BROKEN in came.told:
        yield "broke"
