"""The picture of an alert for its card: asked of the KPI engine, drawn once for what it shows."""

from agents.kpis.engine import KpiEngine
from bot.slack.alert_chart import alert_sketch, series_of
from bot.slack.cards.blocks import Block
from bot.slack.chart_marks import marks_of
from bot.slack.pictures import Pictures
from storage.ledger import Ledger
from storage.records.alerts import Alert


class AlertPictures:
    """Image blocks for alert cards; None where there is nothing to draw or the upload failed."""

    def __init__(self, ledger: Ledger, kpis: KpiEngine, pictures: Pictures) -> None:
        self._ledger = ledger
        self._kpis = kpis
        self._pictures = pictures

    async def of(self, alert: Alert) -> Block | None:
        series = await series_of(self._kpis, alert)
        if series is None:
            return None
        async with self._ledger.read() as tx:
            marks = await marks_of(tx, series, alert=alert)
        return await self._pictures.of(alert_sketch(alert, series, marks), filename=f"{alert.id}.png")
