"""Files whose amounts name no currency: in which they can be read, and what each would then mean."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from agents.sources.entities.proposal import Refusal, propose
from agents.sources.text.sniff import examine

_USUAL = ("EUR", "GBP", "USD")
_MOST = 3


def priced(path: Path, known: Sequence[str]) -> dict[str, str]:
    """By currency the mapping that reads amounts which name none as that; empty where nothing depends on it. Blocks.

    `known` are the currencies of what was read before, the most frequent first.
    """
    raw = examine(path)
    plain = propose(raw)
    if isinstance(plain, Refusal):
        return {}
    said = {code: propose(raw, currency=code) for code in tuple(known)[:_MOST] or _USUAL}
    return {code: one.text for code, one in said.items() if not isinstance(one, Refusal) and one.text != plain.text}


def left_out(plain: str, by_currency: Mapping[str, str]) -> frozenset[str]:
    """Our fields that a mapping fills only once a currency is said."""
    return frozenset().union(*map(_fields, by_currency.values())) - _fields(plain)


def _fields(mapping: str) -> frozenset[str]:
    return frozenset(yaml.safe_load(mapping)["columns"])
