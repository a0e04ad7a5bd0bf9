"""The ledger: one transaction holds a state change, its audit entry and the next piece of work."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit.log import AuditLog
from storage.database import Database
from storage.documents import Documents
from storage.graph.knowledge import Knowledge
from storage.graph.lineage import Lineage
from storage.model_registry import ModelRegistry
from storage.personal.vault import Vault
from storage.repositories.alerts import Alerts
from storage.repositories.approvals import Approvals
from storage.repositories.attention import Attention
from storage.repositories.cards import Cards
from storage.repositories.cursors import Cursors
from storage.repositories.dashboards import Dashboards
from storage.repositories.deliveries import Deliveries
from storage.repositories.evaluations import Evaluations
from storage.repositories.executions import Executions
from storage.repositories.features import Features
from storage.repositories.feeds import Feeds
from storage.repositories.freshness import FreshnessBook
from storage.repositories.latencies import Latencies
from storage.repositories.loads import Loads
from storage.repositories.nudges import Nudges
from storage.repositories.owners import Ownerships
from storage.repositories.people import People
from storage.repositories.plans import Plans
from storage.repositories.policies import Policies
from storage.repositories.quarantine import Quarantine
from storage.repositories.questions import Questions
from storage.repositories.reviews import Reviews
from storage.repositories.settings import HomeFacts
from storage.repositories.stops import Stops
from storage.repositories.tallies import Tallies
from storage.repositories.watching import Watching
from storage.work_queue import WorkQueue


def _untraced() -> None:
    """What a home without tracing says of the trace at hand."""


class Transaction:
    """Every repository on one connection; what is done through it commits together or not at all."""

    def __init__(
        self, connection: AsyncConnection, queue: WorkQueue, *, traceparent: Callable[[], str | None] = _untraced
    ) -> None:
        self._connection = connection
        self._queue = queue
        self.plans = Plans(connection, traceparent=traceparent)
        self.approvals = Approvals(connection)
        self.executions = Executions(connection)
        self.people = People(connection)
        self.policies = Policies(connection)
        self.stops = Stops(connection)
        self.nudges = Nudges(connection)
        self.alerts = Alerts(connection)
        self.watching = Watching(connection)
        self.attention = Attention(connection)
        self.reviews = Reviews(connection)
        self.evaluations = Evaluations(connection)
        self.cards = Cards(connection)
        self.deliveries = Deliveries(connection)
        self.loads = Loads(connection)
        self.features = Features(connection)
        self.models = ModelRegistry(connection)
        self.documents = Documents(connection)
        self.quarantine = Quarantine(connection)
        self.feeds = Feeds(connection)
        self.freshness = FreshnessBook(connection)
        self.owners = Ownerships(connection)
        self.cursors = Cursors(connection)
        self.questions = Questions(connection)
        self.vault = Vault(connection)
        self.home = HomeFacts(connection)
        self.lineage = Lineage(connection)
        self.graph = Knowledge(connection)
        self.dashboards = Dashboards(connection)
        self.latencies = Latencies(connection)
        self.tallies = Tallies(connection)
        self.audit = AuditLog(connection)

    async def enqueue(self, kind: str, work_id: str, payload: dict[str, str]) -> None:
        """Ask for work that starts once this transaction has committed; an id known already is ignored."""
        await self._queue.put(self._connection, kind, work_id, payload)


class Ledger:
    """Opens transactions and tells listeners after each commit that something may have changed."""

    def __init__(
        self, database: Database, queue: WorkQueue, *, traceparent: Callable[[], str | None] = _untraced
    ) -> None:
        """`traceparent` tells the W3C trace at hand, which a plan is stored with."""
        self._database = database
        self._queue = queue
        self._traceparent = traceparent
        self._listeners: list[Callable[[], None]] = []

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit of this process; it must return at once and never raise."""
        self._listeners.append(listener)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that holds the write lock from its start; it rolls back if the block raises."""
        async with self._database.writing.begin() as connection:
            tx = Transaction(connection, self._queue, traceparent=self._traceparent)
            yield tx
            if tx.audit.wants_checkpoint:
                await tx.enqueue("tick", f"tick:sign:{uuid4().hex}", {"job": "sign"})
        for listener in self._listeners:
            listener()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """One consistent view; writing through it is a mistake and fails under load, so use `write`."""
        async with self._database.reading.begin() as connection:
            yield Transaction(connection, self._queue, traceparent=self._traceparent)
