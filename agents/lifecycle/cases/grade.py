"""Grade: findings get their severity from the bounds that are in force, before they become cases."""

from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.lifecycle.severity import graded
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger
from storage.records.alerts import Finding


class Grader:
    """Reads the team's bounds as they are in force and gives findings their severity by them."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, readers: Readers) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._readers = readers

    async def graded(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """As they are where rules cannot be trusted or no source says whose brands they are."""
        if not findings:
            return findings
        async with self._ledger.read() as tx:
            try:
                limits = (await self._rulebook.of(tx)).alerts
            except RulesUntrusted:
                return findings
        if not limits.rules:
            return findings
        try:
            campaigns = await self._readers.campaigns()
        except SourceUnavailable:
            campaigns = ()
        return graded(findings, limits, campaigns)
