"""Series with a known event, for tests."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOUR = 3600.0


def hours(rows: int) -> Floats:
    """Moments an hour apart, from a Monday at midnight."""
    return 1_735_516_800.0 + HOUR * np.arange(rows)


def seasonal(rows: int, *, seed: int = 1, noise: float = 0.05) -> Floats:
    """Daily and weekly waves around 100 with multiplicative noise."""
    row = np.arange(rows)
    wave = (1 + 0.4 * np.sin(2 * np.pi * row / 24)) * (1 + 0.2 * np.sin(2 * np.pi * row / 168))
    return 100 * wave * np.exp(noise * np.random.default_rng(seed).normal(size=rows))


def noise(rows: int, *, seed: int = 1) -> Floats:
    """100 and white noise of 5."""
    return 100 + 5 * np.random.default_rng(seed).normal(size=rows)
