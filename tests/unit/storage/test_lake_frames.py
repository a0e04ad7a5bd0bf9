"""Frames are made in a thread of their own, and nobody who uses them notices."""

import threading
from collections.abc import Iterator

import pytest

from storage.lake.frames import ahead


def test_items_come_in_their_order():
    assert list(ahead(range(50))) == list(range(50))
    assert list(ahead([])) == []
    assert list(ahead([None, None])) == [None, None]


def test_the_next_item_is_made_while_this_one_is_used():
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    coming = ahead(items())
    assert next(coming) == 1
    assert made.wait(timeout=10)
    assert list(coming) == [2]


def test_what_making_an_item_raises_comes_in_its_place():
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("no second one")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(LookupError, match="no second one"):
        next(coming)


def test_nothing_is_made_any_more_once_nobody_wants_it():
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    coming = ahead(items())
    assert next(coming) == 0
    coming.close()
    del coming
    assert closed.wait(timeout=10)
