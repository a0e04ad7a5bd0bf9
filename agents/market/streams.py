"""Randomness of the market: one independent stream for each (seed, world, entity, day).

Whatever one campaign draws, on whatever day, never shifts what another one draws.
"""

import hashlib
from datetime import date

import numpy as np


def stream(seed: int | str, world: str, entity: str, day: date) -> np.random.Generator:
    """The generator of one entity in one world (say "delivery" or "orders") on one day."""
    named = "\x1f".join((str(seed), world, entity, day.isoformat()))
    state = int.from_bytes(hashlib.sha256(named.encode()).digest()[:16])
    return np.random.Generator(np.random.PCG64(state))
