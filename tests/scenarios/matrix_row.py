"""What a row of the matrix is: one thing that can be sent, and what must come of it for whom."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.fakes.member import Json
from tests.scenarios.matrix_people import KNOWN
from tests.scenarios.matrix_world import World

WHO_ARE_YOU = "I do not know you yet"
"""What everybody is told whose account counts for nothing."""


@dataclass(frozen=True)
class Then:
    """What must come of it: exactly this difference, this form opened, these words told; "" for none of them."""

    effect: frozenset[str] = frozenset()
    form: str = ""
    told: str = ""


@dataclass(frozen=True)
class Row:
    """One thing that can be sent; whoever is not in `then` has no effect and is told `refused`."""

    surface: str
    """As "command /freeze", "button plan.approve", "modal freeze"."""
    about: str
    send: Callable[[World, str], Awaitable[Json]]
    then: Mapping[str, Then]
    """By people, several names with a space between."""
    refused: str = ""
    silent: bool = False
    """Nobody is told anything: there is nothing behind it."""
    heard: bool = True
    """Whether the bot listens to it at all."""

    def __post_init__(self) -> None:
        named = [one for names in self.then for one in names.split()]
        assert len(named) == len(set(named)), f"{self} names somebody twice"
        assert set(named) <= set(KNOWN), f"{self} names nobody we know"
        assert self.silent or self.refused or set(named) == set(KNOWN), f"{self} says nothing to some"

    def of(self, name: str) -> Then:
        """What must come of it for this person."""
        for names, then in self.then.items():
            if name in names.split():
                return then
        if self.silent:
            return Then()
        return Then(told=self.refused if name in KNOWN else WHO_ARE_YOU)


def effect(*lines: str, form: str = "", told: str = "") -> Then:
    return Then(frozenset(lines), form, told)


def opens(form: str) -> Then:
    """A form with something to submit, and nothing else."""
    return Then(form=form)


def says(words: str) -> Then:
    """An answer, and nothing else."""
    return Then(told=words)
