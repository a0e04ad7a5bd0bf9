"""Which texts are one person's: rows that name two of them together say so, over any number of loads."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from storage.personal.texts import new_token


class Settled(NamedTuple):
    subjects: dict[str, str]
    """Lookup → person, for every text that tells one apart."""
    merged: dict[str, str]
    """Person that turned out to be another one → that one."""


def settle(people: Iterable[tuple[str, ...]], known: Mapping[str, str]) -> Settled:
    """Join lookups that were named together. `known`: lookup → the person it belonged to so far."""
    leader: dict[str, str] = {}

    def lead(one: str) -> str:
        while (above := leader.setdefault(one, one)) != one:
            leader[one] = leader[above]
            one = above
        return one

    for named in people:
        first = lead(named[0])
        for other in named[1:]:
            leader[lead(other)] = first
            first = lead(first)
    # Lookups that one person has in the vault are joined, too, where this frame touches them.
    of_person: dict[str, str] = {}
    for lookup in list(leader):
        person = known.get(lookup)
        if person is not None:
            leader[lead(lookup)] = lead(of_person.setdefault(person, lookup))
    groups: dict[str, list[str]] = {}
    for lookup in list(leader):
        groups.setdefault(lead(lookup), []).append(lookup)
    return _named(groups.values(), known)


def _named(groups: Iterable[list[str]], known: Mapping[str, str]) -> Settled:
    settled = Settled({}, {})
    for group in groups:
        persons = sorted({known[lookup] for lookup in group if lookup in known})
        person = persons[0] if persons else new_token()
        settled.merged.update(dict.fromkeys(persons[1:], person))
        settled.subjects.update(dict.fromkeys(group, person))
    return settled
