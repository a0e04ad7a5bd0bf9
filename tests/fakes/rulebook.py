"""A rulebook that a test fills: the rules in force are those it was given last."""

from agents.governance.rules import Rules
from storage.ledger import Transaction


class FixedRulebook:
    """Answers with the given rules, whatever the database says; assign `rules` to change them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    async def of(self, tx: Transaction) -> Rules:
        return self.rules
