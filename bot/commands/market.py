"""The simulated market's clock, troubles and truth."""

from pathlib import Path

from bot.commands.shell import BadInput, say
from bot.office import MarketRefused
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import spelled


async def tick(*, days: str, home: Path, json: bool) -> None:
    number = days.lower().removesuffix("d")
    if not number.isdigit():
        raise BadInput(f"{days!r} is no number of days: write 1, 7 or 7d")
    async with open_office(Settings(home=home)) as office:
        moved = await office.advance(int(number))
    text = "\n".join(
        [
            f"It is now {moved.today:%A %-d %B %Y} in the simulated market.",
            *(f"  {spelled(one)}" for one in moved.events),
        ]
    )
    say(
        {"today": moved.today, "days": int(number), "events": list(moved.events), "simulated": True},
        as_json=json,
        text=text,
    )


async def scenario(*, name: str, home: Path, starts_in: int, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        if office.sandbox is None:
            raise MarketRefused(f"there is no simulated market in {home}; countersign up makes one")
        words = await office.sandbox.set_scenario(name, starts_in_days=starts_in)
    say({"scenario": name, "words": words, "simulated": True}, as_json=json, text=spelled(words))


async def truth(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        if office.sandbox is None:
            raise MarketRefused(f"there is no simulated market in {home}; countersign up makes one")
        found = await office.sandbox.truth()
    lines = [f"{'campaign':<34} {'spend':>12} {'claimed':>12} {'really brought':>15}"]
    lines += [
        f"{one['campaign'][:34]:<34} {one['spend']:>12} {one['claimed']:>12} {one['revenue']:>15}"
        for one in found["campaigns"]
    ]
    say({**found, "simulated": True}, as_json=json, text="\n".join(lines))
