"""Which feed a file belongs to: exports of one layout in another language or of another cut are feeds of their own.

A file that has less than half of its columns in common with any accepted before is no changed file but another kind,
and the first of its kind; that it could be read says that its columns are known.
"""

from collections.abc import Iterable, Sequence

from agents.sources.text.columns import Column
from storage.ledger import Transaction
from storage.records.feeds import Feed

_SAME_KIND = 0.5
_MARK = "~"


async def variant_of(tx: Transaction, feed: str, columns: Sequence[Column]) -> tuple[str, Feed | None]:
    """The name of the feed, and what was accepted of it last; None for the first file of its kind."""
    return nearest(feed, columns, await tx.feeds.all())


def nearest(feed: str, columns: Sequence[Column], known: Iterable[Feed]) -> tuple[str, Feed | None]:
    """The accepted feed of this layout that has most columns in common, or the name of a new one."""
    variants = [one for one in known if one.name == feed or one.name.startswith(f"{feed}{_MARK}")]
    likest = max(variants, key=lambda one: (_common(one, columns), one.name == feed), default=None)
    if likest is not None and _common(likest, columns) >= _SAME_KIND:
        return likest.name, likest
    return (feed if not variants else f"{feed}{_MARK}{len(variants) + 1}"), None


def _common(feed: Feed, columns: Sequence[Column]) -> float:
    """Share of the names of the narrower one that the other has, too."""
    before, now = {one.name for one in feed.columns}, {one.name for one in columns}
    return len(before & now) / max(min(len(before), len(now)), 1)
