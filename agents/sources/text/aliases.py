"""Column headers of ad platforms in the languages that they export in, and what each column means to us.

A header is looked up in a plain form: compatible letters, straight quotes, single blanks, lower case. Which language
most headers are in says which number notation is likelier. Ratios are not read: they are computed from sums.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agents.sources.text.cells import Style

Names = Mapping[str, Mapping[str, str]]
"""Field → language → header names, separated by " | "; language "" for names that several languages share."""


class Known(NamedTuple):
    """What a header means, the language it is in, and the currency it names: "Amount spent (USD)"."""

    field: str
    language: str
    currency: str | None = None


_MONEY = ("spend", "revenue", "budget")
_COUNTED = re.compile(r" \(\d\)$")
"""The second of two like headers, as they are told apart in rows that were set aside: "Currency code (2)"."""
_STRAIGHT = {0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x00B4: "'", 0x2011: "-"}
_HEADER_CURRENCY = re.compile(r"(.*?)\s*[(\[]([a-z]{3})[)\]]")


def plain_header(text: str) -> str:
    """The form in which headers are compared."""
    compatible = unicodedata.normalize("NFKC", text.lstrip("\ufeff"))
    straight = compatible.translate(_STRAIGHT)
    return " ".join(straight.split()).casefold()


def index_of(names: Names) -> dict[str, Known]:
    """The table that headers are looked up in."""
    return {
        plain_header(name): Known(field, language)
        for field, languages in names.items()
        for language, said in languages.items()
        for name in said.split(" | ")
    }


def known_header(text: str, names: Mapping[str, Known]) -> Known | None:
    """What the header means, None if it is not in the table."""
    plain = _COUNTED.sub("", plain_header(text))
    if known := names.get(plain):
        return known
    match = _HEADER_CURRENCY.fullmatch(plain)
    bare = names.get(match[1]) if match else None
    if match is None or bare is None or bare.field not in _MONEY:
        return None
    return bare._replace(currency=match[2].upper())


def styles(languages: Sequence[str], delimiter: str) -> tuple[Style, ...]:
    """Number notations to try, likeliest first: a decimal comma goes with most languages but English."""
    counted = Counter(language for language in languages if language)
    language = counted.most_common(1)[0][0] if counted else "en"
    point = language in ("en", "ja", "ko", "zh") and delimiter != ";"
    return (Style.POINT, Style.COMMA) if point else (Style.COMMA, Style.POINT)
