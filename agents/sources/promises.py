"""How fresh a team wants its data: the part `freshness:` of the home's sources.yml.

    freshness:
      google_ads: 2 working days                          # of all that it tells; names as `countersign data` shows them
      hubspot: {lead: 4 business hours, deal: 1 day}      # of single datasets
      old_shop: never                                     # nothing more is expected of it

`hours` and `days` count round the clock, `working hours` and `working days` on the days on which the team works,
`business hours` while it is at work (calendar.yml). What is not named is promised by its contract, in working days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agents.sources.connections import ConnectionsInvalid, FolderConnection, read_connections
from storage.records.freshness import Promise, PromiseClock

ALL = ""
"""Stands for every dataset of a source."""
_SAID = re.compile(r"(?P<number>[1-9]\d{0,3}) (?P<clock>working |business )?(?P<unit>hour|day)s?")
_CLOCKS = {None: PromiseClock.WALL, "working ": PromiseClock.WORKING, "business ": PromiseClock.BUSINESS}
_HELP = "write 36 hours, 2 days, 3 working days, 8 business hours or never"
_LONGEST_H = 24 * 400


@dataclass(frozen=True)
class Promises:
    """What a team says of its sources, beside what contracts say."""

    said: Mapping[str, Mapping[str, Promise | None]] = field(default_factory=dict)
    """Source → dataset (or ALL) → promise; None: nothing more is expected."""

    def of(self, source: str, dataset: str, *, hours: int) -> Promise | None:
        """The promise that holds; `hours` is what the contract says."""
        said = self.said.get(source, {})
        return said[dataset] if dataset in said else said.get(ALL, Promise(hours=hours))

    def names(self, source: str, dataset: str) -> bool:
        """Whether the team says anything of it."""
        return bool(self.said.get(source, {}).keys() & {ALL, dataset})


class DeclaredSources:
    """What the home's sources.yml says, read anew whenever it is asked, so that an edit counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def promises(self) -> Promises:
        """Raises ConnectionsInvalid."""
        return read_promises(self._path)

    def names(self) -> tuple[str, ...]:
        """Of the sources that are read by themselves; a folder is no source of its own. Raises ConnectionsInvalid."""
        declared = read_connections(self._path)
        return tuple(name for name, one in declared.items() if not isinstance(one, FolderConnection))


def read_promises(path: Path) -> Promises:
    """What sources.yml says; nothing where there is no file. Raises ConnectionsInvalid, naming key and remedy."""
    if not path.exists():
        return Promises()
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConnectionsInvalid(f"{path}: is no YAML; see Sources in README.md") from None
    listed = loaded.get("freshness") if isinstance(loaded, dict) else None
    if listed is None:
        return Promises()
    if not isinstance(listed, dict):
        raise ConnectionsInvalid(f"{path}: freshness: needs names of sources with a time each; {_HELP}")
    return Promises({str(name): _of_source(path, str(name), said) for name, said in listed.items()})


def _of_source(path: Path, name: str, said: Any) -> dict[str, Promise | None]:
    if not isinstance(said, dict):
        return {ALL: _promise(path, name, said)}
    return {str(dataset): _promise(path, f"{name}.{dataset}", one) for dataset, one in said.items()}


def _promise(path: Path, where: str, said: Any) -> Promise | None:
    if said == "never":
        return None
    told = _SAID.fullmatch(" ".join(said.split())) if isinstance(said, str) else None
    if told is None or (told["clock"] == "business " and told["unit"] == "day"):
        raise ConnectionsInvalid(f"{path}: freshness.{where}: is “{str(said)[:40]}”; {_HELP}")
    hours = int(told["number"]) * (24 if told["unit"] == "day" else 1)
    if hours > _LONGEST_H:
        raise ConnectionsInvalid(f"{path}: freshness.{where}: is longer than 400 days; write never")
    return Promise(hours=hours, clock=_CLOCKS[told["clock"]])
