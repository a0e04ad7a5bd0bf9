"""The base of every contract: one row of one dataset as every source must hand it in."""

from typing import ClassVar

from storage.records.record import Record


class Entity(Record):
    """One row of a dataset. Types are str, bool, int, date and aware datetime; `| None` where a source may not say.

    Money is integer micros beside a `currency`; moments are UTC. Text is untrusted.
    """

    dataset: ClassVar[str]
    """Its name in the lake, singular: `order`, `lead`."""
    version: ClassVar[int] = 1
    """Raised with every change of the columns."""
    owner: ClassVar[str]
    """Who answers for the data: `data engineer`, `sales`, `support`, `content`, `shop`, `finance`."""
    fresh_within_hours: ClassVar[int]
    """Older than this, the newest load is stale."""
    happened: ClassVar[str | None] = None
    """The column that says when it happened, for windows of time; None for what merely is, such as a product."""

    source: str
    """Who said it: `hubspot`, `shopify`, or a declared name."""
    simulated: bool = False
    account: str = ""
    line: int = 0
    """Line in the file, 0 where there is none."""
