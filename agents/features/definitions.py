"""The feature definitions of features.yml, read and checked before anything is computed with them."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from agents.kpis.formula import FormulaError, parse_formula
from agents.kpis.lined import SAFE_LOADER
from storage.records.features import FeatureDefinition

DEFAULT_PATH = Path(__file__).with_name("features.yml")

Definitions = Mapping[str, FeatureDefinition]
"""By name, in the order of the file; one version of each is in use."""


class FeatureFileError(ValueError):
    """Raised when a definition file is wrong; one line a fault, each naming file, feature and key."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__("\n".join(f"{path.name}: {fault}" for fault in faults))
        self.faults = tuple(faults)


class FeatureChanged(ValueError):
    """Raised when a definition says something else than it did when it was first used under its version."""

    def __init__(self, now: FeatureDefinition, before: FeatureDefinition) -> None:
        super().__init__(
            f"feature {now.id} was defined as {before.formula!r} over {before.window_days} days and is now "
            f"{now.formula!r} over {now.window_days}: give it version {now.version + 1} in features.yml"
        )
        self.feature = now.id


def load_features(path: Path = DEFAULT_PATH) -> Definitions:
    """Read and check a definition file. Raises FeatureFileError with every fault found."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506 - a safe one
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FeatureFileError(path, [f"cannot be read: {error}"]) from error
    entries = document.get("features") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise FeatureFileError(path, ["features: a list of definitions is missing"])
    found: dict[str, FeatureDefinition] = {}
    faults: list[str] = []
    for at, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        called = name if isinstance(name, str) else f"entry {at}"
        try:
            definition = FeatureDefinition.model_validate(entry)
            parse_formula(definition.formula)
        except ValidationError as error:
            faults += [_fault(called, one) for one in error.errors()]
        except FormulaError as error:
            faults.append(f"{called}: formula: {error}")
        else:
            if called in found:
                faults.append(f"{called}: name: defined twice")
            found[called] = definition
    if faults:
        raise FeatureFileError(path, faults)
    return MappingProxyType(found)


def _fault(called: str, fault: Any) -> str:
    return f"{called}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
