"""Holding the chain to signed checkpoints: those in the database, and those that were kept outside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from storage.audit.notes import Note, is_signed_by, signer_of
from storage.records.audit import Finding, Tampering
from storage.signing import PublicKey, origin_of

_SLACK = timedelta(minutes=5)
"""A key may be rotated between reading the clock and signing."""


@dataclass(frozen=True)
class _Chain:
    """What the walk found."""

    roots: Mapping[int, str]
    entries: int
    whole: bool

    def agrees(self, note: Note) -> bool:
        return note.size == 0 or self.roots.get(note.size) == note.root


def against_notes(
    *,
    stored: Sequence[Note],
    outside: Sequence[Note],
    keys: Sequence[PublicKey] | None,
    roots: Mapping[int, str],
    entries: int,
    whole: bool,
) -> list[Finding]:
    """Everything in which the chain and the notes disagree, or that is wrong with a note itself."""
    chain = _Chain(roots, entries, whole)
    findings, good = _credible(stored, keys, where="in the database")
    foreign = [one for one in findings if one.kind is Tampering.OTHER_HOME]
    if foreign:
        return foreign[:1]  # whatever else was kept of this home says nothing about the trail of another
    more, copies = _credible(outside, keys, where="kept outside")
    findings += more
    findings += _removed(stored, copies, chain)
    findings += _two_stories(good, copies)
    every = [*good, *copies]
    findings += _disagreement(good, chain, every, where="in the database", beyond=_truncated)
    findings += _disagreement(copies, chain, every, where="kept outside", beyond=_older)
    return findings


def _credible(
    notes: Sequence[Note], keys: Sequence[PublicKey] | None, *, where: str
) -> tuple[list[Finding], list[Note]]:
    """What is wrong with notes, and those with which nothing is."""
    findings, good = [], []
    for note in notes:
        finding = _incredible(note, keys, where) if keys is not None else None
        if finding is None:
            good.append(note)
        else:
            findings.append(finding)
    return findings, good


def _incredible(note: Note, keys: Sequence[PublicKey], where: str) -> Finding | None:
    called = f"the checkpoint of {note.size} entries {where}"
    home = origin_of(keys)
    if note.origin != home:
        words = f"{called} is of another home, {note.origin}; this one is {home or 'without keys'}"
        return Finding(kind=Tampering.OTHER_HOME, seq=note.size, words=words)
    key = signer_of(note, keys)
    if key is None:
        words = f"{called} is signed with a key that this home never had"
        return Finding(kind=Tampering.UNKNOWN_KEY, seq=note.size, words=words)
    if not is_signed_by(note, key):
        return Finding(kind=Tampering.FORGED_CHECKPOINT, seq=note.size, words=f"the signature of {called} is forged")
    if not _was_valid(key, note):
        words = f"{called} is signed with key {key.key_id}, which was not in use at {note.at}"
        return Finding(kind=Tampering.RETIRED_KEY, seq=note.size, words=words)
    return None


def _was_valid(key: PublicKey, note: Note) -> bool:
    if note.at is None:
        return key.since is None and key.until is None
    return (key.since is None or key.since - _SLACK <= note.at) and (key.until is None or note.at <= key.until + _SLACK)


def _disagreement(
    notes: Sequence[Note],
    chain: _Chain,
    every: Sequence[Note],
    *,
    where: str,
    beyond: Callable[[Note, _Chain], Finding],
) -> list[Finding]:
    """The first note that the chain contradicts: the later ones only repeat it."""
    for note in notes:
        if note.size > chain.entries:
            return [beyond(note, chain)] if chain.whole else []
        if not chain.agrees(note):
            agreed = max((one.size for one in every if one.size < note.size and chain.agrees(one)), default=0)
            when = f" at {note.at:%Y-%m-%d %H:%M:%S}Z" if note.at else ""
            words = (
                f"entries {agreed + 1} to {note.size} are not those that were signed{when} "
                f"(checkpoint {where}): they were changed and the chain recomputed"
            )
            return [Finding(kind=Tampering.RECOMPUTED, seq=agreed + 1, words=words)]
    return []


def _truncated(note: Note, chain: _Chain) -> Finding:
    words = f"entries {chain.entries + 1} to {note.size} were signed and are cut off"
    return Finding(kind=Tampering.TRUNCATED, seq=chain.entries + 1, words=words)


def _older(note: Note, chain: _Chain) -> Finding:
    words = (
        f"the database ends at entry {chain.entries}, a checkpoint kept outside says {note.size}: "
        "an older copy was restored, or the newest entries were cut off together with their checkpoints"
    )
    return Finding(kind=Tampering.ROLLED_BACK, seq=chain.entries + 1, words=words)


def _removed(stored: Sequence[Note], copies: Sequence[Note], chain: _Chain) -> list[Finding]:
    """Checkpoints that must have been in the database: outside there is a copy, or a later one names it."""
    held = {note.size for note in stored}
    named = {note.previous for note in stored if note.previous} | {note.size for note in copies}
    return [
        Finding(
            kind=Tampering.CHECKPOINT_REMOVED,
            seq=size,
            words=f"the checkpoint of {size} entries was taken out of the database",
        )
        for size in sorted(named - held)
        if size <= chain.entries
    ]


def _two_stories(stored: Sequence[Note], copies: Sequence[Note]) -> list[Finding]:
    roots = {note.size: note.root for note in stored}
    return [
        Finding(
            kind=Tampering.TWO_STORIES,
            seq=note.size,
            words=f"two checkpoints of {note.size} entries are signed with keys of this home and differ: "
            "somebody else has a key, rotate it and believe the copy kept outside",
        )
        for note in copies
        if roots.get(note.size, note.root) != note.root
    ][:1]
