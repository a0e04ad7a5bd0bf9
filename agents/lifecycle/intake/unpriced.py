"""Files whose amounts name no currency: in which they can be read, and what each would then mean."""

from collections.abc import Mapping, Sequence

import yaml

from agents.sources.entities.proposal import ProposedMapping, Refusal, propose
from agents.sources.text.sniff import Raw

_USUAL = ("EUR", "GBP", "USD")
_MOST = 3


def priced(raw: Raw, plain: ProposedMapping, known: Sequence[str]) -> dict[str, str]:
    """By currency the mapping that reads amounts which name none as that; empty where nothing depends on it. Blocks.

    `plain` is what is proposed without a currency; `known` are those of what was read before, the most frequent first.
    """
    said = {code: propose(raw, currency=code) for code in tuple(known)[:_MOST] or _USUAL}
    return {code: one.text for code, one in said.items() if not isinstance(one, Refusal) and one.text != plain.text}


def left_out(plain: str, by_currency: Mapping[str, str]) -> frozenset[str]:
    """Our fields that a mapping fills only once a currency is said."""
    return frozenset().union(*map(_fields, by_currency.values())) - _fields(plain)


def _fields(mapping: str) -> frozenset[str]:
    return frozenset(yaml.safe_load(mapping)["columns"])
