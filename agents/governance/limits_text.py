"""Reading limits.yml strictly: every scalar is kept as its text, so that no amount passes through a float."""

import re
from collections.abc import Iterator
from decimal import Decimal

import yaml

from storage.records.money import Money, exponent_of

_AMOUNT = re.compile(r"\d{1,18}(\.\d+)?")
_SHARE = re.compile(r"(\d{1,6}(?:\.\d{1,2})?) ?%")
_CURRENCY = re.compile(r"[A-Z]{3}")


class LimitsInvalid(ValueError):
    """Raised when limits.yml cannot be read as it stands; its owner must correct the named key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key or 'the file'} {problem}")
        self.file = file
        self.key = key


class Entry:
    """One mapping of the file, with the path of keys that leads to it."""

    def __init__(self, node: yaml.Node, *, file: str, path: str) -> None:
        self._file = file
        self._path = path
        if not isinstance(node, yaml.MappingNode):
            raise LimitsInvalid(file, path, "must hold “key: value” lines")
        self._nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self._nodes:
                raise self.invalid(name, "is there twice; keep one")
            self._nodes[name] = value

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._nodes)

    def invalid(self, key: str, problem: str) -> LimitsInvalid:
        return LimitsInvalid(self._file, f"{self._path}.{key}" if self._path else key, problem)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value: `key:` alone is missing."""
        node = self._nodes.get(key)
        if isinstance(node, yaml.ScalarNode):
            return node.value not in ("", "~", "null")
        return node is not None

    def only(self, known: tuple[str, ...]) -> None:
        for key in self._nodes:
            if key not in known:
                raise self.invalid(key, f"is not known here; remove it, or use one of {', '.join(known)}")

    def is_currency(self, code: str) -> None:
        if not _CURRENCY.fullmatch(code):
            problem = "is not a currency code; write three capitals such as GBP"
            raise LimitsInvalid(self._file, self._path, problem)

    def entry(self, key: str) -> "Entry":
        return Entry(self._nodes[key], file=self._file, path=f"{self._path}.{key}" if self._path else key)

    def inner(self, key: str) -> Iterator[tuple[str, "Entry"]]:
        """The mappings inside the mapping `key`; none if the key is missing."""
        if self.has(key):
            outer = self.entry(key)
            yield from ((name, outer.entry(name)) for name in outer.keys)

    def share_bp(self, key: str, *, largest_bp: int) -> int:
        """A share such as `25%` in basis points."""
        match = _SHARE.fullmatch(self._text(key, "write a share such as 25%"))
        share_bp = int(Decimal(match.group(1)) * 100) if match else 0
        if not 1 <= share_bp <= largest_bp:
            raise self.invalid(key, f"must be a share from 0.01% to {largest_bp // 100}%, with the sign: 25%")
        return share_bp

    def money(self, key: str, currency: str, *, largest_minor: int) -> Money:
        """An amount in currency units, such as `1200.50`, with no more decimals than the currency has."""
        text = self._text(key, "write an amount such as 1200.00")
        decimals = exponent_of(currency)
        if not _AMOUNT.fullmatch(text):
            raise self.invalid(key, f"is “{text[:40]}”; write an amount such as 1200.00, without separators")
        scaled = Decimal(text).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise self.invalid(key, f"has more decimals than {currency} has: at most {decimals}")
        if scaled > largest_minor:
            raise self.invalid(key, "is too large to judge by; write it in units of the currency")
        return Money(minor=int(scaled), currency=currency)

    def _text(self, key: str, remedy: str) -> str:
        if not self.has(key):
            raise self.invalid(key, f"is missing; {remedy}")
        node = self._nodes[key]
        if not isinstance(node, yaml.ScalarNode):
            raise self.invalid(key, f"must be one value; {remedy}")
        return str(node.value).strip()


def read_entries(text: str, *, file: str) -> Entry:
    """The top of the file; an empty file has no keys. Raises LimitsInvalid where it is not YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise LimitsInvalid(file, "", f"cannot be read as YAML{where}; correct it there") from error
    return Entry(node or yaml.MappingNode("tag:yaml.org,2002:map", []), file=file, path="")
