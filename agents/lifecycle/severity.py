"""Severity: how much a finding matters to this team, by the bounds of its policy instead of the detector's own."""

from collections.abc import Iterable
from decimal import Decimal

from agents.governance.alert_limits import AlertLimits
from agents.lifecycle.walk import channel_of
from storage.records.alerts import Finding, Reading
from storage.records.facts import CampaignState

_WHOLE_BP = 10_000


def graded(
    findings: Iterable[Finding], limits: AlertLimits, campaigns: Iterable[CampaignState] = ()
) -> tuple[Finding, ...]:
    """The findings with the severity that the team's bounds give them; `campaigns` say whose brand a channel is.

    What was not measured against an expectation keeps what its detector says.
    """
    if not limits.rules:
        return tuple(findings)
    states = tuple(campaigns)
    return tuple(_graded(one, limits, brand_of(one, states)) for one in findings)


def brand_of(finding: Finding, campaigns: Iterable[CampaignState]) -> str:
    """The one brand of what the finding is about; "" where there are several, or none is known."""
    channel = channel_of_finding(finding)
    concerned = (
        one
        for one in campaigns
        if channel in ("", one.channel) and (finding.campaign_id is None or finding.campaign_id == one.id)
    )
    brands = {one.brand for one in concerned}
    return brands.pop() if len(brands) == 1 else ""


def channel_of_finding(finding: Finding) -> str:
    """Its channel; "" for all of them."""
    return finding.channel or channel_of(finding.entity)


def change_bp(reading: Reading) -> int | None:
    """Observed against expected as a relative change in basis points; None where there is nothing to compare."""
    if reading.observed is None or not reading.expected:
        return None
    return int((reading.observed - reading.expected) / abs(reading.expected) * Decimal(_WHOLE_BP))


def _graded(finding: Finding, limits: AlertLimits, brand: str) -> Finding:
    change = None if finding.reading is None else change_bp(finding.reading)
    if change is None:
        return finding
    bounds = limits.of(kpi=finding.kpi, brand=brand, channel=channel_of_finding(finding))
    severity = bounds.severity(change, finding.severity)
    return finding if severity is finding.severity else finding.model_copy(update={"severity": severity})
