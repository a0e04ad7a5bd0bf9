"""What happened between two looks at a product, and what alerts tell: events that may explain a KPI."""

from collections.abc import Iterable
from datetime import datetime

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.alerts import Alert
from storage.records.facts import Load
from storage.records.graph import NodeRef, NodeView


def chart_product_events(before: dict[NodeRef, NodeView], updates: Iterable[Update], load: Load) -> tuple[Update, ...]:
    """Prices that changed, and stock that ran out or came back, between the graph's last word and this load's."""
    sheet = Sheet(load.source, load=load.id)
    for update in updates:
        if update.kind != "node" or update.ref.type != "product" or "status" not in update.props:
            continue
        known = before.get(update.ref)
        was, now = (known.props if known else {}), update.props
        price, new_price = was.get("price_minor"), now.get("price_minor")
        if isinstance(price, int) and isinstance(new_price, int) and price != new_price:
            word = "dearer" if new_price > price else "cheaper"
            _event(sheet, update.ref, f"price-{word}", f"{update.name} became {word}", load, field="price")
        stock, new_stock = was.get("stock"), now.get("stock")
        if not isinstance(new_stock, int):
            continue
        if new_stock <= 0 and (not isinstance(stock, int) or stock > 0):
            _event(sheet, update.ref, "stock-out", f"{update.name} is out of stock", load, field="stock")
        elif new_stock > 0 and isinstance(stock, int) and stock <= 0:
            _event(sheet, update.ref, "stock-in", f"{update.name} is in stock again", load, field="stock")
    return sheet.updates


def chart_alert(alert: Alert, about: Iterable[NodeRef], *, kpi_known: bool) -> tuple[Update, ...]:
    """An alert as an event about the things it names, and about the KPI that moved."""
    sheet, finding = Sheet("countersign"), alert.finding
    ref = sheet.node(
        things.event("alert", alert.id),
        f"{alert.id}: {finding.title}",
        kind=f"alert-{finding.kind.value}",
        severity=finding.severity.value,
        at=alert.opened_at.isoformat(),
        day=alert.opened_on.isoformat(),
    )
    for concerned in about:
        sheet.edge(ref, "concerns", concerned, field=finding.kpi)
    if kpi_known:
        sheet.edge(ref, "concerns", things.kpi(finding.kpi), field=finding.kpi)
    if finding.suspect_plan:
        sheet.edge(things.plan(finding.suspect_plan), "may_explain", ref, reason=finding.cause[:200])
    return sheet.updates


def _event(sheet: Sheet, about: NodeRef, kind: str, name: str, load: Load, *, field: str) -> None:
    at: datetime = load.known_at
    ref = sheet.node(
        things.event(kind, about.key, load.id), name, kind=kind, at=at.isoformat(), day=at.date().isoformat()
    )
    sheet.edge(ref, "concerns", about, field=field)
