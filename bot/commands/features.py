"""`countersign features`: what is measured about campaigns, how fresh it is, and how it is spread."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.features.store import Served
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.features import FeatureDefinition, FeatureProfile

_PROFILES = timedelta(days=35)
_SHOWN = 15


async def features(*, name: str | None, home: Path, json: bool) -> int | None:
    """All features, or one with its values; exit code 1 where a value is older than its time to live."""
    async with open_office(Settings(home=home)) as office:
        known = office.features.definitions
        if name is not None and name not in known:
            raise BadInput(f"there is no feature {name!r}; there are {', '.join(known)}")
        simulated = office.sandbox is not None
        day = await office.kpis.data_day(simulated=simulated)
        if day is None:
            raise BadInput("there is no data yet: ingest a file, or start with countersign up")
        newest = day - timedelta(days=1)
        await office.features.materialise(simulated=simulated)
        served = await office.features.serve(simulated=simulated, day=newest)
        listed = [
            await _document(office, one, served, simulated=simulated)
            for one in known.values()
            if name in (None, one.name)
        ]
    values = {} if name is None else {key: of[name] for key, of in sorted(served.values.items()) if name in of}
    document = {"day": newest, "newest_value": served.day, "features": listed, "values": values}
    say(document, as_json=json, text=_text(document, name))
    return None if served.day == newest else NEGATIVE


async def _document(office: Office, one: FeatureDefinition, served: Served, *, simulated: bool) -> dict[str, Any]:
    async with office.ledger.read() as tx:
        since = (served.day or office.clock().date()) - _PROFILES
        profiles = await tx.features.profiles(one.name, simulated=simulated, since=since)
    newest = next((profile for profile in reversed(profiles) if profile.version == one.version), None)
    return {**one.model_dump(), "distribution": None if newest is None else _spread(newest)}


def _spread(profile: FeatureProfile) -> dict[str, Any]:
    names = ("p5", "p25", "p50", "p75", "p95")
    quantiles = profile.quantiles or (None,) * len(names)
    return {
        "day": profile.day,
        "count": profile.count,
        "missing": profile.missing,
        **dict(zip(names, quantiles, strict=True)),
    }


def _text(document: dict[str, Any], name: str | None) -> str:
    lines = [f"Values to {document['newest_value'] or 'no day'}; the newest complete day is {document['day']}."]
    for one in document["features"]:
        spread = one["distribution"]
        middle = "no values" if spread is None else f"median {_short(spread['p50'])} of {spread['count']} campaigns"
        lines.append(f"{one['name']}@{one['version']}: {one['description']} {middle}. Owner: {one['owner']}.")
    if name is not None:
        values = list(document["values"].items())
        lines += [f"  {key}: {_short(value)}" for key, value in values[:_SHOWN]]
        lines += [f"  … and {len(values) - _SHOWN} more; --json lists all"] if len(values) > _SHOWN else []
    return "\n".join(lines)


def _short(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
