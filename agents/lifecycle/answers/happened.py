"""What happened over some days: cases, plans carried out, campaigns that became otherwise, prices, stock, freezes.

Days are those of the data. A campaign's change that no plan of ours made was made elsewhere, and is said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.knowledge.charting import Charter
from agents.kpis.figures import format_days
from agents.kpis.reply import Reply
from agents.kpis.understanding import ChangesQuestion
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState
from storage.records.graph import NodeView
from storage.records.money import Money
from storage.records.plans import Change, PlanStatus
from storage.records.record import Record
from storage.records.stops import Freeze

_MOST = 12
"""Lines that are told; the rest is counted."""
_FIELDS = {"status": "status", "daily_budget_minor": "daily budget"}
_CHANGES_TOLD = 3
_NEWEST_CASES = 200
_SOURCE_OUT = "A source does not answer just now, so what others changed in a channel cannot be told."


class Altered(Record):
    """One field of a campaign that was other at the end of the days than at their start."""

    campaign: str
    """Untrusted text."""
    id: str
    field: str
    before: str
    after: str
    plan: str | None
    """The plan that changed it; None where nobody knows of one."""


class Hidden(Record):
    """Lines that were left out."""

    count: int


@dataclass(frozen=True)
class Historian:
    """Looks back over what is recorded."""

    ledger: Ledger
    charter: Charter
    readers: Readers

    async def since(self, question: ChangesQuestion, *, simulated: bool, zone: str) -> Reply:
        """Everything that changed over the days asked for: cases that opened, open ones first, then the newest.

        A campaign or channel narrows it.
        """
        await self.charter.catch_up()
        window, where = question.window, dict(question.where)
        channels = await self._channels() if "channel" in where else {}
        unsure = "" if channels is not None else _SOURCE_OUT
        begin = datetime.combine(window.first, time(0), ZoneInfo(zone))
        end = datetime.combine(window.last + timedelta(days=1), time(0), ZoneInfo(zone))
        async with self.ledger.read() as tx:
            plans = [one for one in await tx.plans.done_since(window.first) if one[1] <= window.last]
            altered = await self._altered(tx, begin, end, [one for one, _ in plans])
            events = [one for one in await tx.graph.nodes("event", valid_at=self.charter.now()) if _in(one, question)]
            opened = [
                one for one in await tx.alerts.newest(_NEWEST_CASES) if _opened(one, question, simulated=simulated)
            ]
            freezes = await tx.stops.set_or_lifted(begin, end)
        stops = _freeze_lines(freezes, begin, end)
        altered = [one for one in altered if _meant(where, (channels or {}).get(one.id, ""), one.campaign, one.id)]
        told = [one for one in plans if _touches(one[0], where)]
        events = [one for one in events if not where or any(value in one.name for value in where.values())]
        dated = [
            *((day, _plan_line(status, day)) for status, day in told),
            *((window.last, _altered_line(one)) for one in altered if one.plan is None),
            *((_day(one), _event_line(one)) for one in events),
            *stops,
        ]
        lines = [*_case_lines(opened), *(line for _, line in sorted(dated, key=lambda one: one[0], reverse=True))]
        basis = (
            *altered,
            *(each for pair in told for each in pair),
            *events,
            *opened,
            *freezes,
            *(d for d, _ in stops),
        )
        return _reply(question, lines, basis, unsure=unsure, simulated=simulated)

    async def _channels(self) -> Mapping[str, str] | None:
        """Campaign → its channel; None while a source does not answer."""
        try:
            return {one.id: one.channel for one in await self.readers.campaigns()}
        except SourceUnavailable:
            return None

    async def _altered(
        self, tx: Transaction, begin: datetime, end: datetime, plans: Sequence[PlanStatus]
    ) -> list[Altered]:
        """Campaigns as they stood at the start beside how they stand at the end."""
        now = min(end, self.charter.now())
        before = {one.ref: one for one in await tx.graph.nodes("campaign", valid_at=begin)}
        found = []
        for one in await tx.graph.nodes("campaign", valid_at=now):
            was = before.get(one.ref)
            for name, words in _FIELDS.items():
                if was is None or name not in was.props or was.props[name] == one.props.get(name):
                    continue
                id_ = one.ref.key.rpartition("/")[2]
                plan = next((each.plan.id for each in plans if _wrote(each, id_)), None)
                found.append(
                    Altered(
                        campaign=one.name,
                        id=id_,
                        field=words,
                        before=_shown(was, name),
                        after=_shown(one, name),
                        plan=plan,
                    )
                )
        return found


def _reply(
    question: ChangesQuestion, lines: Sequence[str], basis: Sequence[object], *, unsure: str, simulated: bool
) -> Reply:
    window, where = question.window, dict(question.where)
    hidden = Hidden(count=max(len(lines) - _MOST, 0))
    days = format_days(window.first, window.last)
    scope = f" for {', '.join(where.values())}" if where else ""
    more = [f"And {hidden.count} more."] if hidden.count else []
    told = f"What changed{scope} over {days}:" if lines else f"Nothing is recorded{scope} over {days}."
    return Reply(
        kind="changes",
        title="What changed",
        said=(told, unsure) if unsure else (told,),
        points=(*lines[:_MOST], *more),
        simulated=simulated,
        basis=(window, *basis, hidden),
    )


def _shown(view: NodeView, name: str) -> str:
    held = view.props.get(name)
    if name.endswith("_minor") and isinstance(held, int):
        return str(Money(minor=held, currency=str(view.props.get("currency", "EUR"))))
    return str(held)


def _wrote(status: PlanStatus, campaign_id: str) -> bool:
    return any(change.resource.id == campaign_id for change in status.plan.changes)


def _in(view: NodeView, question: ChangesQuestion) -> bool:
    """Cases are told from their records, which know how they stand."""
    day = view.props.get("day")
    if str(view.props.get("kind", "")).startswith("alert-"):
        return False
    return isinstance(day, str) and question.window.first <= date.fromisoformat(day[:10]) <= question.window.last


def _opened(alert: Alert, question: ChangesQuestion, *, simulated: bool) -> bool:
    """Whether the case opened on these days of its data; what another case explains is told with that one."""
    finding = alert.finding
    elsewhere = finding.kind is not AlertKind.GOVERNANCE and finding.simulated is not simulated
    if elsewhere or finding.part_of is not None:
        return False
    about = {finding.channel, finding.campaign_id, finding.entity}
    named = all(value in about or value in finding.title for _, value in question.where)
    return named and question.window.first <= alert.opened_on <= question.window.last


def _case_lines(opened: Sequence[Alert]) -> list[str]:
    """Open ones first, each kind newest first."""
    ranked = sorted(opened, key=lambda one: (one.state is AlertState.RECOVERED, -one.opened_on.toordinal()))
    return [_case_line(one) for one in ranked]


def _case_line(alert: Alert) -> str:
    """As in: "20 November 2026: ALERT-3 opened, open: New leads are down 74 %. Cause: unknown."."""
    day, finding = format_days(alert.opened_on, alert.opened_on), alert.finding
    state = "normal from now on" if alert.learnt else "over again" if alert.state is AlertState.RECOVERED else "open"
    return f"{day}: {alert.id} opened, {state}: {finding.title.rstrip('.')}. Cause: {finding.cause.rstrip('.')}."


def _day(view: NodeView) -> date:
    return date.fromisoformat(str(view.props["day"])[:10])


def _meant(where: dict[str, str], channel: str, *names: str) -> bool:
    return (where.get("channel") or channel) == channel and ("campaign" not in where or where["campaign"] in names)


def _touches(status: PlanStatus, where: dict[str, str]) -> bool:
    touched = (one.resource for one in status.plan.changes)
    return any(_meant(where, one.channel, one.name, one.id) for one in touched)


def _plan_line(status: PlanStatus, day: date) -> str:
    plan = status.plan
    state = "" if status.state.value == "done" else f" ({status.state.value.replace('_', ' ')})"
    title = plan.title.rstrip(".")
    return f"{format_days(day, day)}: {plan.id} was carried out{state}: {title}. {_changes(plan.changes)}"


def _changes(changes: Sequence[Change]) -> str:
    told = [f"{one.resource.name} {one.before} to {one.after}" for one in changes[:_CHANGES_TOLD]]
    more = len(changes) - len(told)
    return "; ".join([*told, *([f"and {more} more"] if more else [])]) + "."


def _altered_line(one: Altered) -> str:
    return f"{one.campaign}: {one.field} from {one.before} to {one.after}, by no plan of ours."


def _event_line(one: NodeView) -> str:
    day = _day(one)
    return f"{format_days(day, day)}: {one.name.rstrip('.')}."


def _freeze_lines(freezes: Sequence[Freeze], begin: datetime, end: datetime) -> list[tuple[date, str]]:
    """One for the setting and one for the lifting of each, where that was in these days; days of their zone."""
    told = []
    for one in freezes:
        what = f"{one.scope.value} {one.value}".strip()
        if begin <= one.at <= end:
            day = one.at.astimezone(begin.tzinfo).date()
            told.append((day, f"{format_days(day, day)}: {one.id} froze {what}: {one.reason.rstrip('.')}."))
        if one.thawed_at is not None and begin <= one.thawed_at <= end:
            day = one.thawed_at.astimezone(begin.tzinfo).date()
            told.append((day, f"{format_days(day, day)}: {one.id} on {what} was lifted."))
    return told
