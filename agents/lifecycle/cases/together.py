"""Together: sources that are late at the same time, for the same reason and with the same owner, are one card."""

from collections.abc import Sequence
from typing import NamedTuple

from storage.records.alerts import Alert, AlertState, Finding


class Late(NamedTuple):
    """A source of which something is late."""

    finding: Finding
    owner: str
    """The role that answers for what is late."""


def together(late: Sequence[Late], open_now: Sequence[Alert]) -> tuple[Finding, ...]:
    """The findings, longest late first, all but one of a group with the key of the one whose card tells of them.

    What has a card keeps it. What is late anew joins a card that nobody has taken or put aside yet: a card that is
    looked at already, or asleep, would hide it. Where the one with the card is read, the next takes its place.
    """
    known = {one.finding.key: one for one in open_now}
    ordered = sorted(late, key=lambda one: (one.finding.seen_on, one.finding.key))
    alone = {
        one.finding.key
        for one in ordered
        if (held := known.get(one.finding.key)) is not None and held.finding.part_of is None
    }
    heads: dict[tuple[str, str], str] = {}
    for one in ordered:
        if one.finding.key in alone and known[one.finding.key].state is AlertState.OPEN:
            heads.setdefault(_group(one), one.finding.key)
    told = []
    for one in ordered:
        key = one.finding.key
        if key in alone:
            parent = None
        elif key in known and known[key].finding.part_of in alone:
            parent = known[key].finding.part_of
        elif (parent := heads.get(_group(one))) is None:
            heads[_group(one)] = key
            alone.add(key)
        told.append(one.finding.model_copy(update={"part_of": parent}))
    return tuple(told)


def _group(one: Late) -> tuple[str, str]:
    return one.finding.cause, one.owner
