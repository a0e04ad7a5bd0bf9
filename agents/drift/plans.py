"""What the detector must know of our own plans: which resources they touched, and on which day of data."""

from datetime import date

from storage.records.record import Record


class ExecutedPlan(Record):
    """A plan whose changes were applied; rollbacks are plans too."""

    plan_id: str
    resource_keys: tuple[str, ...]
    """As `storage.records.plans.Resource.key`: channel/campaign/id."""
    executed_on: date
    """The source's own day on which the changes were applied."""

    @property
    def channels(self) -> frozenset[str]:
        return frozenset(key.split("/", 1)[0] for key in self.resource_keys)
