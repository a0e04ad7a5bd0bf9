"""A view is kept as it was seen, so it is kept without people: their addresses go before it is stored."""

import re
from typing import Any

from storage.records.dashboards import Snapshot

SOMEBODY = "(somebody)"
_ADDRESS = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\"',;:]+\.[^\W\d_]{2,}")


def nameless(seen: Snapshot) -> Snapshot:
    """The same view with every e-mail address in its texts replaced."""
    return Snapshot.model_validate(_without(seen.model_dump()))


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub(SOMEBODY, value)
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_without(item) for item in value)
    return value
