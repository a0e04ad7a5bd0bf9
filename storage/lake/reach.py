"""What is said where the object store of a lake cannot be read or written."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import polars as pl

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_OF_STORE = re.compile(r"Error performing|Generic \w+ error|object-store error|Object at location")
_SAID = re.compile(r"<Code>(?P<code>[^<]*)</Code>(?:\s*<Message>(?P<message>[^<]*)</Message>)?")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_STEPS = re.compile(r"\s*(?:↳|\n\s*\d+:|: | - )\s*")
_WORDS = 2
"""Of the reasons behind each other, so many last ones are told."""


class LakeUnreachable(Exception):
    """Raised where the object store of the lake does not answer, or does not let us in; nothing was added."""

    def __init__(self, uri: str, said: str) -> None:
        super().__init__(
            f"the lake at {uri} cannot be used: {said}; "
            "look at COUNTERSIGN_LAKE_URL and COUNTERSIGN_LAKE_OPTIONS, then try again"
        )
        self.uri = uri


def reaching(method: Callable[Concatenate[Any, Asked], Answer]) -> Callable[Concatenate[Any, Asked], Answer]:
    """A method of something at a `uri` that raises LakeUnreachable where the engine says so in its own words."""

    @wraps(method)
    def reached(self: Any, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        with reach(self.uri):
            return method(self, *args, **kwargs)

    return reached


@contextmanager
def reach(uri: str) -> Iterator[None]:
    """Raises LakeUnreachable for what the engine and polars raise of an object store; a folder's errors pass."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (OSError, DeltaError, pl.exceptions.ComputeError) as error:
        text = _COLOURS.sub("", str(error))
        if "://" not in uri or not _OF_STORE.search(text):
            raise
        # Its own text has addresses and, from some stores, what was signed: only the reason is passed on.
        raise LakeUnreachable(uri, _reason(text)) from None


def _reason(text: str) -> str:
    """What the store says of itself, else the last of the reasons."""
    if said := _SAID.search(text):
        return ", ".join(part.rstrip(".") for part in said.groups() if part)
    plain = text.partition("<")[0]  # what follows is the page of a proxy
    steps = [step.strip() for step in _STEPS.split(plain) if step.strip()]
    return ": ".join(" ".join(step.split()) for step in steps[-_WORDS:])
