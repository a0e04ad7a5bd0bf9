"""What an event says of itself, without what it says of people: their addresses, numbers, names and free words.

Properties are whatever a product's developers sent along. What says something of a person is taken out before it
lands: it answers no question of marketing, and nobody could find it again to erase it.
"""

import json
import re
from typing import Any

import polars as pl

_LONGEST = 80
"""Longer texts are people's own words."""
_PERSONAL = (
    "mail|phone|mobile|telephone|first_?name|last_?name|full_?name|user_?name|sur_?name|nick_?name|display_?name|vorname"
    "|nachname|address|street|postcode|zip|birth|dob|iban|ssn|avatar|gravatar|latitude|longitude|message|comment|body"
)
_KEY = re.compile(rf"(?:{_PERSONAL})|^(?:\$?name|\$?ip|tel|lat|lon|lng)$", re.IGNORECASE)
_VALUE = re.compile(
    r"[^\s@]+@[^\s@]+\.[^\s@]+"  # an e-mail address
    r"|(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"  # an address of a computer
    r"|(?:^|\s)(?:\+|\(?0)\d[\d ()./-]{6,}\d"  # a telephone number
)
_SUSPECT = (
    rf'(?i)@|"[^"]*(?:{_PERSONAL})[^"]*"\s*:|"\$?(?:name|ip|tel|lat|lon|lng)"\s*:'
    rf'|(?:\d{{1,3}}\.){{3}}\d|"[^"]{{{_LONGEST + 1},}}"|(?:\+|\(?0)\d[\d ()./-]{{6,}}\d'
)


def scrubbed(texts: pl.Series) -> pl.Series:
    """JSON objects without the values that tell of a person; null stays null, an object left empty becomes null."""
    suspect = texts.str.contains(_SUSPECT).fill_null(value=False)
    if not suspect.any():
        return texts
    told = {text: _without(text) for text in texts.filter(suspect).unique().to_list()}
    clean = texts.replace_strict(list(told), list(told.values()), default=None, return_dtype=pl.String)
    return clean.zip_with(suspect, texts)


def _without(text: str) -> str | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None  # no object: free words
    kept = _kept(said) if isinstance(said, dict) else None
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if kept else None


def _kept(value: Any) -> Any:
    """The value without its personal parts; None where nothing is left of it."""
    if isinstance(value, dict):
        parts = {key: _kept(part) for key, part in value.items() if not (_KEY.search(key) or _VALUE.search(key))}
        return {key: part for key, part in parts.items() if part is not None} or None
    if isinstance(value, list):
        items = [part for part in map(_kept, value) if part is not None]
        return items or None
    if isinstance(value, str) and (len(value) > _LONGEST or _VALUE.search(value)):
        return None
    return value
