"""Has a population moved? PSI, Kolmogorov–Smirnov and Wasserstein of many features at once, against a reference.

All three compare the values of a feature in a reference sample with those in a current one; rows are observations,
columns features, NaN is a missing value and counts for nothing but the share of missing ones.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
_LEAST_SHARE = 1e-4
"""An empty bin counts as this share, so that its logarithm exists."""


class Moved(StrEnum):
    """What the measures say together."""

    NO = "no"
    SOMEWHAT = "somewhat"
    YES = "yes"
    UNKNOWN = "unknown"
    """Too few values on either side."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a feature counts as moved. `owner` answers for the numbers."""

    owner: str = "marketing analytics"
    psi_somewhat: float = 0.10
    """Siddiqi (2006), Credit Risk Scorecards: below 0.10 no change, above 0.25 a significant one."""
    psi_moved: float = 0.25
    false_alarm_rate: float = 0.001
    """Of the Kolmogorov–Smirnov test, for each feature."""
    wasserstein_somewhat: float = 0.10
    """In standard deviations of the reference: a shift that small is rarely worth a model's retraining."""
    least_values: int = 50


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Moves:
    """Of each feature, in the order of the columns."""

    psi: Floats
    ks: Floats
    ks_p: Floats
    wasserstein: Floats
    """In standard deviations of the reference."""
    missing: Floats
    """Share of missing values now less the share in the reference."""
    moved: tuple[Moved, ...]


def compare(reference: Floats, current: Floats, *, limits: Limits = DEFAULT) -> Moves:
    """Compare two samples of the same features, shapes (rows, features)."""
    if reference.ndim != 2 or current.ndim != 2 or reference.shape[1] != current.shape[1]:
        raise ValueError(f"shapes {reference.shape} and {current.shape}: want (rows, features) with equal features")
    features = reference.shape[1]
    told = np.full((4, features), np.nan)
    enough = np.zeros(features, dtype=np.bool_)
    for feature in range(features):
        before, now = _present(reference[:, feature]), _present(current[:, feature])
        enough[feature] = min(len(before), len(now)) >= limits.least_values
        if len(before) and len(now):
            told[:, feature] = _measures(before, now)
    moved = tuple(
        _verdict(*told[:, feature], limits=limits) if enough[feature] else Moved.UNKNOWN for feature in range(features)
    )
    missing = np.isnan(current).mean(axis=0) - np.isnan(reference).mean(axis=0)
    return Moves(psi=told[0], ks=told[1], ks_p=told[2], wasserstein=told[3], missing=missing, moved=moved)


def psi(before: Floats, now: Floats) -> float:
    """Population stability index of two sorted samples: Σ (q − p) ln(q ÷ p) over bins of equal share in `before`.

    It is Jeffreys' divergence (1946, also Kullback and Leibler 1951) of the binned shares. Values that make up
    more than a bin keep a bin of their own, so that counts and flags can be compared as well.
    """
    edges = np.unique(before[np.linspace(0, len(before) - 1, BINS + 1)[1:-1].astype(np.int64)])
    shares = [np.diff(np.r_[0, _below_and_at(sample, edges), len(sample)]) / len(sample) for sample in (before, now)]
    was, is_now = (np.maximum(share, _LEAST_SHARE) for share in shares)
    return float(((is_now - was) * np.log(is_now / was)).sum())


def kolmogorov_smirnov(before: Floats, now: Floats) -> tuple[float, float]:
    """Largest gap between the two distribution functions, and its p-value; samples sorted.

    The p-value is the limit of Kolmogorov (1933) and Smirnov (1948), 2 Σ (−1)^(k−1) exp(−2 k² λ²), with Stephens'
    correction for finite samples (1970), λ = (√n + 0.12 + 0.11 ÷ √n) D and n = n₁ n₂ ÷ (n₁ + n₂). With ties it is
    conservative.
    """
    every = np.concatenate([before, now])
    before_share = before.searchsorted(every, side="right") / len(before)
    now_share = now.searchsorted(every, side="right") / len(now)
    gap = float(np.abs(before_share - now_share).max())
    root = math.sqrt(len(before) * len(now) / (len(before) + len(now)))
    scaled = (root + 0.12 + 0.11 / root) * gap
    if scaled < 0.2:
        return gap, 1.0
    total = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return gap, min(max(total, 0.0), 1.0)


def wasserstein(before: Floats, now: Floats) -> float:
    """Area between the two distribution functions, in the feature's unit; samples sorted.

    On a line it is the least work that turns one distribution into the other (Vallender 1974).
    """
    every = np.sort(np.concatenate([before, now]), kind="stable")
    before_share = before.searchsorted(every[:-1], side="right") / len(before)
    now_share = now.searchsorted(every[:-1], side="right") / len(now)
    return float((np.abs(before_share - now_share) * np.diff(every)).sum())


def _measures(before: Floats, now: Floats) -> tuple[float, float, float, float]:
    gap, p = kolmogorov_smirnov(before, now)
    work, deviation = wasserstein(before, now), float(before.std())
    if deviation > 0:
        work /= deviation
    elif work > 0:
        work = math.inf
    return psi(before, now), gap, p, work


def _verdict(index: float, _gap: float, p: float, work: float, *, limits: Limits) -> Moved:
    """Large samples make any difference significant and small ones make any index large: both have to agree."""
    if p >= limits.false_alarm_rate:
        return Moved.NO
    if index >= limits.psi_moved:
        return Moved.YES
    return Moved.SOMEWHAT if index >= limits.psi_somewhat or work >= limits.wasserstein_somewhat else Moved.NO


def _present(column: Floats) -> Floats:
    return np.sort(column[~np.isnan(column)])


def _below_and_at(sample: Floats, edges: Floats) -> Floats:
    """How many values lie below each edge and how many at or below it: an edge that many values share is a bin."""
    counts = np.empty(2 * len(edges))
    counts[0::2] = sample.searchsorted(edges, side="left")
    counts[1::2] = sample.searchsorted(edges, side="right")
    return counts
