"""Charting: the graph is brought up to date from everything that was landed, decided and noticed since the last time.

The audit trail is the list of what happened: what it names since the last look is read and told to the graph. Told
twice, it changes nothing, so a crash between two steps costs one repetition.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from agents.knowledge.charted import Charted, Position, Shown, Tally
from agents.knowledge.charts.channels import campaign_of, chart_states
from agents.knowledge.charts.counted import COUNTED, chart_counted, counted_columns
from agents.knowledge.charts.declared import SOURCE as DECLARED
from agents.knowledge.charts.declared import DeclarationInvalid, chart_declared, read_declared
from agents.knowledge.charts.entities import CHARTS, chart_sold, unknown_names
from agents.knowledge.charts.events import chart_alert, chart_product_events
from agents.knowledge.charts.facts import COLUMNS, chart_facts
from agents.knowledge.charts.measures import Measure, chart_measures
from agents.knowledge.charts.plans import chart_plan
from agents.knowledge.charts.sheet import Update
from agents.knowledge.naming import about_alert, named_campaigns, named_products
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.records.facts import Load
from storage.records.graph import NodeRef, NodeView
from storage.records.record import digest_of

CURSOR = "graph.position"
_STEPS = 500
"""Entries of the trail that are charted in one go."""
_AT_ONCE = 5_000
"""Statements in one transaction: nobody else can write meanwhile."""
_MOST_WAITING = 50
"""Loads that are looked at again when campaigns become known that they named."""


class Charter:
    """Keeps the graph up to date; at most one at a time is at work in a process."""

    def __init__(
        self,
        ledger: Ledger,
        lake: Lake,
        *,
        shown: Callable[[], Awaitable[Sequence[Shown]]],
        measures: Sequence[Measure],
        declared: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._shown = shown
        self._measures = tuple(measures)
        self._declared = declared
        self._clock = clock
        self._resources: dict[str, NodeRef] = {}
        self._listeners: list[Callable[[Charted], Awaitable[None]]] = []
        self._ahead: tuple[datetime, ...] = ()
        self._one_at_a_time = asyncio.Lock()
        self._asked = 0
        self._newest: tuple[int, Charted] | None = None

    def on_news(self, listener: Callable[[Charted], Awaitable[None]]) -> None:
        """Call `listener` whenever charting came upon things or names that were not known."""
        self._listeners.append(listener)

    async def catch_up(self) -> Charted:
        """Chart all that is new; cheap where nothing is. An unreadable knowledge.yml is told as refused.

        Whoever asks while it is at work waits for the next run, and all who wait share that one: fifty people who
        click at once cost two runs, not fifty.
        """
        self._asked += 1
        asked = self._asked
        async with self._one_at_a_time:
            if self._newest is not None and self._newest[0] >= asked:
                return self._newest[1]
            answers = self._asked
            charted = await self._chart()
            self._newest = answers, charted
            return charted

    def now(self) -> datetime:
        """The moment at which things hold today: a simulated source's clock may be ahead of ours."""
        return max(self._clock(), *self._ahead) if self._ahead else self._clock()

    async def _chart(self) -> Charted:
        tally = Tally()
        await self._chart_shown(tally)
        while await self._chart_trail(tally):
            pass
        try:
            await self._chart_declared(tally)
        except DeclarationInvalid as error:
            tally.refuse(str(error))
        async with self._ledger.read() as tx:
            seq = await tx.graph.version()
        charted = tally.charted(seq)
        for listener in self._listeners if charted.new or charted.unknown else ():
            await listener(charted)
        return charted

    async def _chart_shown(self, tally: "Tally") -> None:
        """KPIs and the campaigns that channels show, where they are others than last time."""
        shown = await self._shown()
        self._ahead = tuple(one.at for one in shown) or self._ahead
        # A source that is out for a moment is still what it was.
        self._resources.update(
            {
                f"{each.channel}/campaign/{each.id}": campaign_of(each, one.source)
                for one in shown
                for each in one.states
            }
        )
        position = await self._position()
        measures = digest_of({"measures": [one.model_dump() for one in self._measures]})
        states = {one.source: digest_of({"states": [each.model_dump() for each in one.states]}) for one in shown}
        news: list[Update] = []
        if measures != position.measures:
            news += chart_measures(self._measures)
        for one in shown:
            if states[one.source] != position.states.get(one.source):
                news += chart_states(one.states, one.source, at=one.at)
        if news:
            async with self._ledger.write() as tx:
                await self._tell(tx, news, tally)
                known = {**position.states, **states}
                await _keep(tx, (await _position(tx)).model_copy(update={"states": known, "measures": measures}))

    async def _chart_trail(self, tally: "Tally") -> bool:
        """The next portion of the trail; False if there was none."""
        async with self._ledger.read() as tx:
            position = await _position(tx)
            entries = await tx.audit.after(position.trail, limit=_STEPS)
            if not entries:
                return False
            subjects = list(dict.fromkeys(entry.subject for entry in entries))
            told = any(subject.startswith("load:") for subject in subjects)
            loads = await _loads(tx) if told or position.waiting else []
        waiting = set(position.waiting)
        for load in loads:
            if f"load:{load.id}" in subjects:
                waiting.discard(load.id)
                if await self._chart_load(load, loads, tally):
                    waiting.add(load.id)
        names = await self._chart_waiting(position, loads, waiting, tally)
        async with self._ledger.write() as tx:
            await self._chart_steps(tx, subjects, tally)
            now_at = await _position(tx)
            kept = tuple(sorted(waiting)[:_MOST_WAITING])
            trail = max(now_at.trail, entries[-1].seq)
            await _keep(tx, now_at.model_copy(update={"trail": trail, "waiting": kept, "names": names}))
        return True

    async def _chart_waiting(self, position: Position, loads: Sequence[Load], waiting: set[str], tally: Tally) -> str:
        """Look again at loads that named campaigns that nobody knew, if other names are known by now; gives which."""
        if not waiting:
            return position.names
        async with self._ledger.read() as tx:
            names = digest_of({"names": sorted(await named_campaigns(tx, self.now()))})
        if names != position.names:
            for load in loads:
                if load.id in position.waiting and not await self._chart_load(load, loads, tally):
                    waiting.discard(load.id)
        return names

    async def _chart_load(self, load: Load, loads: Sequence[Load], tally: "Tally") -> bool:
        """Tell what one load tells; whether it named campaigns that nobody knows."""
        unknown: set[str] = set()
        for dataset in load.rows or {"facts": load.rows_read}:
            if dataset == "facts":
                newest = all(one.last_day <= load.last_day for one in loads if one.source == load.source)
                await self._store(await self._facts(load, newest=newest), tally)
            elif dataset in CHARTS:
                unknown |= await self._chart_entity(load, dataset, tally)
            elif dataset in COUNTED:
                unknown |= await self._chart_counted(load, loads, dataset, tally)
            elif dataset == "order_line":
                unknown |= await self._chart_orders(load, tally)
        tally.unknown.update((load.source, name) for name in unknown)
        return bool(unknown)

    async def _facts(self, load: Load, *, newest: bool) -> tuple[Update, ...]:
        frame = await self._lake.read(
            [load], load.first_day, load.last_day, simulated=load.simulated, columns=COLUMNS, every_version=True
        )
        return await asyncio.to_thread(chart_facts, frame, load, newest=newest)

    async def _chart_entity(self, load: Load, dataset: str, tally: "Tally") -> set[str]:
        frame = await self._lake.dataset(dataset).read([load], simulated=load.simulated)
        async with self._ledger.read() as tx:
            named = await named_campaigns(tx, self.now())
        updates = await asyncio.to_thread(CHARTS[dataset], frame, load, named)
        if dataset == "product":
            before = await self._before(updates)
            updates = (*updates, *chart_product_events(before, updates, load))
        await self._store(updates, tally)
        return set(unknown_names(frame, dataset, named))

    async def _chart_counted(self, load: Load, loads: Sequence[Load], dataset: str, tally: "Tally") -> set[str]:
        """What is counted is counted over all that the source has told until then: a load may tell of what is new."""
        until = [
            one
            for one in loads
            if (one.source, one.simulated) == (load.source, load.simulated)
            and one.known_at <= load.known_at
            and one.holds(dataset)
        ]
        how = COUNTED[dataset]
        since = None if how.within is None else load.known_at - how.within
        frame = await self._lake.dataset(dataset).read(
            until, simulated=load.simulated, columns=counted_columns(dataset), since=since
        )
        async with self._ledger.read() as tx:
            named = await named_campaigns(tx, self.now())
            before = await tx.graph.nodes(how.type, valid_at=self.now())
        updates = await asyncio.to_thread(chart_counted, frame, dataset, load, named, before=before)
        await self._store(updates, tally)
        return set(unknown_names(frame, dataset, named))

    async def _chart_orders(self, load: Load, tally: "Tally") -> set[str]:
        orders = await self._lake.dataset("order").read([load], simulated=load.simulated)
        lines = await self._lake.dataset("order_line").read([load], simulated=load.simulated)
        async with self._ledger.read() as tx:
            named = await named_campaigns(tx, self.now())
        await self._store(await asyncio.to_thread(chart_sold, orders, lines, load, named), tally)
        return set(unknown_names(orders, "order", named))

    async def _before(self, updates: Iterable[Update]) -> dict[NodeRef, NodeView]:
        """The products as the graph knows them until now."""
        now = self.now()
        async with self._ledger.read() as tx:
            known = {view.ref: view for view in await tx.graph.nodes("product", valid_at=now)}
        return {one.ref: known[one.ref] for one in updates if one.kind == "node" and one.ref in known}

    async def _store(self, updates: Sequence[Update], tally: "Tally") -> None:
        # Nodes come before the edges between them, so that a portion needs none that comes later.
        for begin in range(0, len(updates), _AT_ONCE):
            async with self._ledger.write() as tx:
                await self._tell(tx, updates[begin : begin + _AT_ONCE], tally)

    async def _chart_steps(self, tx: Transaction, subjects: Iterable[str], tally: "Tally") -> None:
        """What became of plans, and alerts."""
        plans = [one for one in subjects if one.startswith("PLAN-")]
        alerts = [one for one in subjects if one.startswith("ALERT-")]
        if not plans and not alerts:
            return
        kpis = frozenset(one.name for one in self._measures)
        news: list[Update] = []
        for plan_id in plans:
            status = await tx.plans.get(plan_id)
            if status is not None:
                news += chart_plan(status, await tx.executions.outcomes(plan_id), self._resources, kpis)
        for alert_id in alerts:
            alert = await tx.alerts.get(alert_id)
            if alert is not None:
                about = await about_alert(tx, alert, self.now())
                news += chart_alert(alert, about, kpi_known=alert.finding.kpi in kpis)
        await self._tell(tx, news, tally)

    async def _chart_declared(self, tally: "Tally") -> None:
        """What people say themselves: said anew as a whole when the file, or what it could mean, has changed."""
        declared = await asyncio.to_thread(read_declared, self._declared)
        position = await self._position()
        if not declared.campaigns and not position.declared:
            return
        now = self._clock()
        async with self._ledger.read() as tx:
            campaigns, products = await named_campaigns(tx, self.now()), await named_products(tx, self.now())
            simulated = not await tx.loads.any_real()
        updates, unknown = chart_declared(declared, campaigns, products, simulated=simulated)
        tally.unknown.update((DECLARED, name) for name in unknown)
        digest = digest_of({"updates": [one.model_dump() for one in updates]})
        if digest == position.declared:
            return
        async with self._ledger.write() as tx:
            await tx.graph.withdraw_source(DECLARED, now=now)
            await self._tell(tx, updates, tally)
            await _keep(tx, (await _position(tx)).model_copy(update={"declared": digest}))

    async def _tell(self, tx: Transaction, updates: Sequence[Update], tally: "Tally") -> None:
        now = self._clock()
        fresh = await _unheard_of(tx, updates, self.now())
        tally.add(await tx.graph.apply(updates, now=now), fresh)

    async def _position(self) -> Position:
        async with self._ledger.read() as tx:
            return await _position(tx)


async def _unheard_of(tx: Transaction, updates: Iterable[Update], now: datetime) -> list[NodeRef]:
    """Things of people's own world that the graph has not met."""
    kinds = ("campaign", "product", "audience")
    refs = {one.ref for one in updates if one.kind == "node" and one.ref.type in kinds}
    known = {view.ref for kind in {ref.type for ref in refs} for view in await tx.graph.nodes(kind, valid_at=now)}
    return sorted(refs - known, key=str)


async def _loads(tx: Transaction) -> list[Load]:
    return [*await tx.loads.known(simulated=False), *await tx.loads.known(simulated=True)]


async def _position(tx: Transaction) -> Position:
    return Position.model_validate_json(await tx.home.get(CURSOR) or "{}")


async def _keep(tx: Transaction, position: Position) -> None:
    await tx.home.put(CURSOR, position.model_dump_json())
