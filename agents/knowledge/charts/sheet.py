"""A sheet of statements by one source: what is said twice stands on it once."""

from datetime import UTC, date, datetime, time, timedelta

from agents.knowledge import things
from storage.records.graph import EdgeUpdate, NodeRef, NodeUpdate, Props, Scalar

Update = NodeUpdate | EdgeUpdate


class Sheet:
    """Collects statements of one source, of one load if there is one."""

    def __init__(self, source: str, *, load: str = "") -> None:
        self._source = source
        self._load = load[:60]
        self._said: dict[tuple[object, ...], Update] = {}

    @property
    def updates(self) -> tuple[Update, ...]:
        """Nodes before the edges between them; edges of one thing together, so that its others are read once."""
        nodes = [one for one in self._said.values() if isinstance(one, NodeUpdate)]
        edges = [one for one in self._said.values() if isinstance(one, EdgeUpdate)]
        return (*nodes, *sorted(edges, key=lambda one: one.src.key))

    def node(
        self,
        ref: NodeRef,
        name: str | None = None,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
        **props: Scalar | None,
    ) -> NodeRef:
        """Properties without a value are left out."""
        self._said[ref.type, ref.key, first] = NodeUpdate(
            ref=ref,
            name=things.called(name, ref.key),
            props=_known(props),
            valid_from=first,
            valid_to=last,
            source=self._source,
            load=self._load,
        )
        return ref

    def edge(
        self,
        src: NodeRef,
        relation: str,
        dst: NodeRef,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
        **props: Scalar | None,
    ) -> None:
        if src == dst:
            return
        known = _known(props)
        self._said[src, relation, dst, tuple(sorted(known.items())), first] = EdgeUpdate(
            relation=relation,
            src=src,
            dst=dst,
            props=known,
            valid_from=first,
            valid_to=last,
            source=self._source,
            load=self._load,
        )


def day_start(day: date) -> datetime:
    """The moment from which what is said of a day holds."""
    return datetime.combine(day, time(), tzinfo=UTC)


def day_end(day: date) -> datetime:
    return day_start(day + timedelta(days=1))


def _known(props: dict[str, Scalar | None]) -> Props:
    return {name: value for name, value in props.items() if value is not None}
