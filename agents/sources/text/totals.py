"""Total rows: found in the languages that exports come in, dropped, and held against the sum of the rows kept."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl

from agents.sources.text.repeated import Rows

_WORDS = (
    r"(?:grand|overall|filtered|sub)[\s-]*totals?|totals?|totale|totali|totaux|totales|totais|totaal|total\s+général|gesamt|gesamtsumme|gesamtergebnis|"
    r"insgesamt|summe|suma|somme|soma|razem|łącznie|totalt|summa|i\s+alt|yhteensä|celkem|összesen|toplam|итого|всего|σύνολο|"
    r"合計|総計|总计|總計|합계"
)
LABEL = rf"(?i)^\s*(?:{_WORDS})\s*(?:$|[:：]|[-–—]\s)"
"""The total word alone, or with a colon or dash after it: "Total: Campaigns", "Total - Search", "Gesamt"."""
BEGINNING = rf"(?i)^\s*(?:{_WORDS})\b"
"""The total word at the beginning of a longer text, which may as well be a name: "Total Fitness Club"."""

FOOTER = r"^\s*(?:©|\(c\)|@\d{4}|#)"
"""A remark of the tool below its rows: "©2026 Microsoft Corporation. All rights reserved."."""

_LABEL = re.compile(LABEL)
_FOOTER = re.compile(FOOTER)
_ENTITIES = {
    "campaign": ("campaign", "kampagne", "campagne", "campaña", "campagna", "campanha", "kampani"),
    "ad_group": ("ad group", "ad set", "anzeigengruppe", "groupe", "grupo", "gruppi", "gruppo", "advertentiegroep"),
    "ad": ("ads", "ad", "anzeigen", "annonces", "anuncios", "annunci", "anúncios", "advertenties"),
    "keyword": ("keyword", "mots clés", "palabras clave", "parole chiave", "palavras-chave", "zoekwoord"),
    "search_term": ("search term", "suchbegriff", "termes de recherche", "términos de búsqueda", "termini di ricerca"),
}
_ACCOUNT = ("account", "konto", "compte", "cuenta", "conta")
_PARTS = ("other", "übrige", "autres", "otros", "altri", "outros", "overige")


def is_total_label(cells: Sequence[str]) -> bool:
    """Whether one of the first three cells is the label of a total row."""
    return any(_LABEL.match(cell) for cell in cells[:3])


def is_footer(cells: Sequence[str]) -> bool:
    """Whether the row is a remark below the table: one cell, the others empty."""
    return bool(cells) and _FOOTER.match(cells[0]) is not None and not any(cell.strip() for cell in cells[1:])


class Totals:
    """The sums of the rows kept, and what the file's own total rows say."""

    def __init__(self, grain: str) -> None:
        self._grain = grain
        self._kept: dict[str, Decimal] = {}
        self._said: dict[str, dict[str, Decimal]] = {}
        """By label: a label repeated per device adds up."""

    def keep(self, sums: Mapping[str, Decimal]) -> None:
        _add(self._kept, sums)

    def say(self, label: str, sums: Mapping[str, Decimal]) -> None:
        _add(self._said.setdefault(" ".join(label.split()), {}), sums)

    def difference(self) -> dict[str, Decimal] | None:
        """Our sum minus the file's, per column that has both; None where the file has no total row.

        Of several total rows the one that counts the kind of thing that the rows are is taken; an account total,
        which may hold far more than the rows, only where there is no other.
        """
        ranked = sorted(self._said, key=lambda label: (self._rank(label), label))
        if not ranked or self._rank(ranked[0]) > 8:
            return None
        said = self._said[ranked[0]]
        return {name: self._kept[name] - said[name] for name in sorted(said) if name in self._kept}

    def _rank(self, label: str) -> int:
        after = re.split(r"[:：]|[-–—]\s", label.casefold(), maxsplit=1)[-1].strip()
        if not after or _LABEL.match(after):
            return 1
        if any(after.startswith(word) for word in _ACCOUNT):
            return 8
        if any(word in after.split() for word in _PARTS):
            return 9
        words = _ENTITIES.get(self._grain, ())
        if any(after.startswith(word) for word in words):
            return 0
        return 2 if any(re.search(rf"\b{re.escape(word)}", after) for word in words) else 9


def labels(rows: Rows, columns: Sequence[str], *, undated: pl.Expr) -> pl.Series:
    """Per row the label of the total row that it is, null where it is none.

    `undated` says for which rows the dates and states that every data row has are missing: there, a name that
    merely begins with a total word is a label too.
    """
    # Most blocks hold no total at all, and looking for the words is the dearest part.
    likely = [
        name for name in columns if name in rows.frame.columns and rows[name].different.str.contains(BEGINNING).any()
    ]
    if not likely:
        return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    found = [
        pl.when(pl.col(name).str.contains(LABEL) | (undated & pl.col(name).str.contains(BEGINNING)))
        .then(pl.col(name).str.strip_chars())
        .otherwise(None)
        for name in likely
    ]
    return rows.frame.select(pl.coalesce(found).alias("total"))["total"]


def _add(into: dict[str, Decimal], sums: Mapping[str, Decimal]) -> None:
    for name, value in sums.items():
        into[name] = into.get(name, Decimal(0)) + value
