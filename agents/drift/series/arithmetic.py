"""The same formulas on one series and on thousands: plain floats online, arrays with one float a series in batch.

Everything that detection reckons is written once, against these few operations, so that what a series is told online
is what it is told in batch. Plain floats because numpy costs a microsecond a call, and one point needs hundreds.
"""

import math
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Quantity: TypeAlias = Any
"""A float, or an array with one float a series."""
Truth: TypeAlias = Any
"""A bool, or an array with one bool a series."""


class Arithmetic(Protocol):
    """What the formulas need beyond + − × ÷ and comparisons."""

    def same(self, value: float) -> Quantity: ...
    def where(self, condition: Truth, yes: Quantity, no: Quantity) -> Quantity: ...
    def larger(self, one: Quantity, other: Quantity) -> Quantity: ...
    def smaller(self, one: Quantity, other: Quantity) -> Quantity: ...
    def log(self, value: Quantity) -> Quantity: ...
    def root(self, value: Quantity) -> Quantity: ...
    def negate(self, condition: Truth) -> Truth: ...
    def any(self, condition: Truth) -> bool: ...
    def table(self, slots: int) -> Any: ...
    def read(self, table: Any, slot: Any) -> Quantity: ...
    def write(self, table: Any, slot: Any, value: Quantity) -> None: ...


class OneSeries:
    """Plain floats; a table is a list."""

    def same(self, value: float) -> float:
        return value

    def where(self, condition: bool, yes: float, no: float) -> float:
        return yes if condition else no

    def larger(self, one: float, other: float) -> float:
        return one if one > other else other  # noqa: FURB136 - four times as fast as max()

    def smaller(self, one: float, other: float) -> float:
        return one if one < other else other  # noqa: FURB136 - four times as fast as min()

    def log(self, value: float) -> float:
        return math.log(value)

    def root(self, value: float) -> float:
        return math.sqrt(value)

    def negate(self, condition: bool) -> bool:
        return not condition

    def any(self, condition: bool) -> bool:
        return condition

    def table(self, slots: int) -> list[float]:
        return [0.0] * slots

    def read(self, table: list[float], slot: int) -> float:
        return table[slot]

    def write(self, table: list[float], slot: int, value: float) -> None:
        table[slot] = value


class ManySeries:
    """Arrays of `size` floats; a table has a column a series."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._all = np.arange(size)

    def same(self, value: float) -> NDArray[np.float64]:
        return np.full(self._size, value)

    def where(self, condition: Truth, yes: Quantity, no: Quantity) -> Quantity:
        return np.where(condition, yes, no)

    def larger(self, one: Quantity, other: Quantity) -> Quantity:
        return np.maximum(one, other)

    def smaller(self, one: Quantity, other: Quantity) -> Quantity:
        return np.minimum(one, other)

    def log(self, value: Quantity) -> Quantity:
        return np.log(value)

    def root(self, value: Quantity) -> Quantity:
        return np.sqrt(value)

    def negate(self, condition: Truth) -> Truth:
        return np.logical_not(condition)

    def any(self, condition: Truth) -> bool:
        return bool(np.any(condition))

    def table(self, slots: int) -> NDArray[np.float64]:
        return np.zeros((slots, self._size))

    def read(self, table: NDArray[np.float64], slot: NDArray[np.int64]) -> Quantity:
        return table[slot, self._all]

    def write(self, table: NDArray[np.float64], slot: NDArray[np.int64], value: Quantity) -> None:
        table[slot, self._all] = value
