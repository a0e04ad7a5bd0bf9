"""Words and numbers of a verdict: policy text with the payload's values filled in, never an agent's prose."""

import re
import unicodedata
from decimal import ROUND_CEILING, Decimal

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LONGEST_NAME = 60

CHANGE_WORDS = frozenset(
    {
        "plan", "campaign", "channel", "currency", "before", "after", "live", "step", "step_share",
        "channel_after", "step_cap", "step_share_cap", "step_share_gate", "min_budget", "channel_cap",
        "campaign_mark", "plan_mark",
    }
)  # fmt: skip
"""What the text of a policy about one change may name."""
PLAN_WORDS = frozenset(
    {
        "plan", "agent", "currency", "total_now", "total_after", "raised", "at_risk", "data_age", "data_sla",
        "daily_cap", "at_risk_gate",
    }
)  # fmt: skip
"""What the text of a policy about a whole plan may name."""
PERSON_WORDS = frozenset({"plan", "person"})
"""What the text of a policy about what people do may name."""


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, words: dict[str, str]) -> str:
    """The text with its placeholders replaced once; raises KeyError for an unknown one."""
    return _PLACEHOLDER.sub(lambda match: words[match.group(1)], text)


def label(name: str, channel: str) -> str:
    """A campaign's name for people; it comes from data, so nothing in it may hide, reorder or run on."""
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in name)
    short = " ".join(seen.split())
    if len(short) > _LONGEST_NAME:
        short = short[: _LONGEST_NAME - 1] + "…"
    return f"“{short}” ({channel})"


def percent(share_bp: Decimal | int) -> str:
    """Basis points as per cent, at most two decimals, rounded up: above a limit never reads as at it."""
    rounded = (Decimal(share_bp) / 100).quantize(Decimal("0.01"), rounding=ROUND_CEILING)
    return f"{rounded.normalize():f} %"


def step_share(before_minor: int, after_minor: int) -> str:
    """The move as a share of the budget before, unsigned."""
    if before_minor == 0:
        return "more than any share of nothing"
    return percent(Decimal(abs(after_minor - before_minor)) * 10_000 / before_minor)


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def data_age(count: int | None) -> str:
    """How old the data are, as a phrase after "the data are"."""
    if count is None:
        return "of unknown age"
    return "dated in the future" if count < 0 else f"{days(count)} old"
