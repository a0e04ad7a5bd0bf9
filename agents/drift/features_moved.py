"""Features that plans are made with, whose spread over campaigns is another one than weeks ago.

Campaigns are the sample: values of one campaign on two days are no two observations, so one day is compared with one
other, whose windows do not overlap. Below fifty campaigns nothing can be told.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from agents.drift.population import DEFAULT, Limits, Moved, compare
from storage.records.alerts import AlertKind, Candidate, Certainty, Finding, Pattern, Severity

APART_DAYS = 28
"""Between the two days; the longest windows of features are as long."""
_MOST_NAMED = 8
_MISSING = 0.2
"""Share of campaigns that lost a feature's value, from which that is a case by itself."""


@dataclass(frozen=True)
class Sample:
    """Values of one day, a row a campaign; columns are features, NaN is no value."""

    day: date
    values: pl.DataFrame


def samples_of(values: pl.DataFrame, *, day: date, before: date) -> tuple[Sample, Sample]:
    """(then, now) of rows with entity, feature, day and value_nano."""
    return _sample(values, before), _sample(values, day)


def features_moved(
    then: Sample, now: Sample, *, versions: dict[str, str], simulated: bool, limits: Limits = DEFAULT
) -> Finding | None:
    """One case for all features that moved; None where none did or too few campaigns tell."""
    names = sorted(set(then.values.columns) & set(now.values.columns) - {"entity"})
    if not names:
        return None
    both = [sample.values.select(names).to_numpy().astype(np.float64) for sample in (then, now)]
    moves = compare(*both, limits=limits)
    lines = []
    for at, name in enumerate(names):
        lost = bool(moves.missing[at] >= _MISSING) and min(map(len, both)) >= limits.least_values
        if moves.moved[at] is Moved.YES or lost:
            middle = [float(np.nanmedian(side[:, at])) if np.isfinite(side[:, at]).any() else np.nan for side in both]
            lines.append(
                f"{name}: median {middle[0]:,.2f} on {then.day}, {middle[1]:,.2f} on {now.day}; "
                f"PSI {moves.psi[at]:.2f}, KS {moves.ks[at]:.2f}, "
                f"Wasserstein {moves.wasserstein[at]:.2f} standard deviations"
                f"{f', {moves.missing[at] * 100:.0f} % of campaigns lost their value' if lost else ''}."
            )
    if not lines:
        return None
    used = ", ".join(f"{name.removeprefix('feature:')}@{version}" for name, version in versions.items())
    return Finding(
        key="drift/features",
        kind=AlertKind.DRIFT,
        severity=Severity.WARNING,
        kpi="features",
        entity=f"{len(lines)} features",
        title=f"Campaigns no longer look as they did: {len(lines)} of {len(names)} features have moved",
        detail=(*lines[:_MOST_NAMED], f"{len(both[0])} campaigns then, {len(both[1])} now; features {used}."),
        cause="other campaigns, or the same ones behave otherwise; settings learnt from before may not fit",
        seen_on=now.day,
        evidence=tuple(f"{name}@{version}" for name, version in versions.items()),
        candidates=(
            Candidate(
                kind="data",
                words="The mix of campaigns has changed, or all of them have.",
                certainty=Certainty.POSSIBLE,
                speaks_for=(f"{len(lines)} of {len(names)} features moved together",),
            ),
        ),
        pattern=Pattern.POPULATION,
        since=now.day,
        simulated=simulated,
    )


def _sample(values: pl.DataFrame, day: date) -> Sample:
    rows = values.filter(pl.col("day") == day)
    wide = rows.with_columns(pl.col("value_nano").cast(pl.Float64) / 1e9).pivot(
        on="feature", index="entity", values="value_nano"
    )
    return Sample(day, wide)
