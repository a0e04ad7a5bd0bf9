"""What the shapes of several layouts share: texts joined, states mapped, people told apart by their address."""

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

from agents.sources.entities.layout import Shaping
from agents.sources.text.rows import LINE
from storage.contracts.checks import REASON
from storage.contracts.columns import schema_of
from storage.contracts.entities import BY_DATASET

_FURTHER = ("lost", "subscriber", "lead", "qualified", "opportunity", "customer")
_LEAD_FIRST = ("created_at", "first_touch_at", "converted_at")
"""Of the same person the earliest counts."""


def only(rows: pl.DataFrame, dataset: str) -> pl.DataFrame:
    """The columns that the contract knows."""
    known = schema_of(BY_DATASET[dataset])
    return rows.select(name for name in rows.columns if name in known)


def joined(*parts: str, separator: str = " ") -> pl.Expr:
    """The parts that say something, null where none does."""
    text = pl.concat_str(*parts, separator=separator, ignore_nulls=True)
    return pl.when(text != "").then(text)


def mapped(name: str, names: Mapping[str, str], *, otherwise: str | None = None) -> pl.Expr:
    """A state in our words, compared in lower case without blanks, dashes and underscores.

    What is not in the table stays as it is, for the contract to refuse, unless `otherwise` is given.
    """
    plain = pl.col(name).str.to_lowercase().str.replace_all(r"[\s_-]+", "")
    found = plain.replace_strict(list(names), list(names.values()), default=None, return_dtype=pl.String)
    rest = pl.col(name) if otherwise is None else pl.when(pl.col(name).is_not_null()).then(pl.lit(otherwise))
    return pl.coalesce(found, rest)


def newest(rows: pl.DataFrame, key: str, shaping: Shaping, *, by: str = "updated_at") -> pl.DataFrame:
    """One row a key, the one changed last, else the last one of the file; the others are dropped and named."""
    if not rows[key].drop_nulls().is_duplicated().any():
        return rows
    order = [by, LINE] if by in rows.columns else [LINE]
    ranked = rows.sort(order, descending=[True] * len(order), nulls_last=True)
    kept = ranked.filter(pl.col(key).is_null() | pl.col(key).is_first_distinct()).sort(LINE)
    lines = kept.select(key, pl.col(LINE).alias("kept"))
    others = rows.join(kept.select(LINE), on=LINE, how="anti").join(lines, on=key, how="left", maintain_order="left")
    shaping.drop(others.select(LINE, pl.format("an older state of line {}", pl.col("kept")).alias(REASON)))
    return kept


def one_person_each(rows: pl.DataFrame, shaping: Shaping) -> pl.DataFrame:
    """Leads with each address once: the newest row, completed by the others, whose ids become aliases.

    Whoever withdrew consent in one of them has withdrawn it.
    """
    rows = _own_id_out(newest(rows, "id", shaping))
    twice = rows["email"].is_not_null() & rows["email"].is_duplicated()
    if not twice.any():
        return rows
    order = [name for name in ("updated_at", "created_at") if name in rows.columns] + [LINE]
    ranked = rows.filter(twice).sort(order, descending=[True] * len(order), nulls_last=True)
    people = ranked.group_by("email", maintain_order=True).agg(_merged(ranked.columns))
    kept = people.select("email", pl.col(LINE).alias("kept"))
    others = ranked.join(people.select(LINE), on=LINE, how="anti").join(kept, on="email", how="left")
    reason = pl.format("the same address as line {}, merged with it", pl.col("kept"))
    shaping.drop(others.select(LINE, reason.alias(REASON)))
    return _own_id_out(pl.concat([rows.filter(~twice), people.select(rows.columns)]).sort(LINE))


def _own_id_out(rows: pl.DataFrame) -> pl.DataFrame:
    """Other ids of a person, each once and without the one that it goes by."""
    others = pl.col("aliases").fill_null("").str.split(" ").list.unique(maintain_order=True)
    bare = others.list.set_difference(pl.concat_list("id", pl.lit(""))).list.sort().list.join(" ")
    return rows.with_columns(aliases=pl.when(bare != "").then(bare))


def _merged(columns: Sequence[str]) -> list[pl.Expr]:
    told = [pl.col(name).drop_nulls().first() for name in columns if name not in ("email", LINE, "id", *_LEAD_FIRST)]
    special = {"aliases", "consented", "stage"}
    plain = [one for one in told if one.meta.output_name() not in special]
    others = pl.col("id").slice(1)
    return [
        *plain,
        pl.col("id").first(),
        pl.col(LINE).first(),
        *(pl.col(name).min() for name in _LEAD_FIRST if name in columns),
        _furthest(),
        # Null where nobody said anything, false as soon as one row says so.
        pl.col("consented").min(),
        pl.concat_str(others.str.join(" "), pl.col("aliases").str.join(" "), separator=" ", ignore_nulls=True).alias(
            "aliases"
        ),
    ]


def _furthest() -> pl.Expr:
    """The stage of whoever has come further under another id; lost only where every one is."""
    ranks = dict(zip(_FURTHER, range(len(_FURTHER)), strict=True))
    names = {rank: stage for stage, rank in ranks.items()}
    rank = pl.col("stage").replace_strict(ranks, default=None, return_dtype=pl.Int64)
    return rank.max().replace_strict(names, default=None, return_dtype=pl.String).alias("stage")


def withdrawn(consented: str, *, where: pl.Expr) -> pl.Expr:
    """Consent, false wherever the condition holds."""
    return (
        pl.when(where.fill_null(value=False)).then(pl.lit(value=False)).otherwise(pl.col(consented)).alias("consented")
    )


def digests(*texts: pl.Series) -> pl.Series:
    """An id from what a row says, the same for the same words on any day: 20 hex digits that give no word away."""
    rows = pl.DataFrame([series.cast(pl.String).alias(f"t{n}") for n, series in enumerate(texts)]).rows()
    made = [hashlib.sha256("\x1f".join(text or "" for text in row).encode()).hexdigest()[:20] for row in rows]
    return pl.Series(made, dtype=pl.String)


def listed(name: str, *, separator: str = "; ") -> pl.Expr:
    """A list in a cell, split by ; or , or |, joined again the way contracts have it."""
    parts = pl.col(name).str.replace_all(r"\s*[;|\n]\s*", ";").str.strip_chars("; ").str.split(";")
    return parts.list.eval(pl.element().filter(pl.element() != "")).list.join(separator).replace("", None)
