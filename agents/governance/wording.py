"""Words and numbers of a verdict: policy text with the payload's values filled in, never an agent's prose."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from storage.records.people import Role

ROLES = {role: "CMO" if role is Role.CMO else role.value for role in Role}
"""Roles by themselves, as in "has the role CMO"."""
A_ROLE = {
    Role.VIEWER: "a viewer",
    Role.OPERATOR: "an operator",
    Role.APPROVER: "an approver",
    Role.BRAND: "brand",
    Role.FINANCE: "finance",
    Role.LEGAL: "legal",
    Role.CMO: "the CMO",
    Role.ADMIN: "an admin",
}
"""Somebody who holds the role, within a sentence."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LONGEST_NAME = 60
_LONGEST_READ = 1_000
_MOST_LISTED = 3

_STEP = frozenset({"plan", "subject", "channel", "before", "after", "live", "subject_mark", "plan_mark"})
_BLACKOUT = frozenset({"blackout", "blackout_until"})
_CAMPAIGN = _STEP | _BLACKOUT | {"campaign", "account", "brand"}
_MONEY = _CAMPAIGN | {
    "currency", "channel_after", "channel_cap", "channel_month", "channel_month_cap",
    "account_after", "account_cap", "account_month", "account_month_cap",
    "brand_after", "brand_cap", "brand_month", "brand_month_cap",
}  # fmt: skip
_BUDGET = _MONEY | {
    "step", "step_share", "week_before", "week_share", "step_cap", "step_share_cap", "step_share_gate",
    "week_share_cap", "learning_share", "min_budget",
}  # fmt: skip
_AUDIENCE = _CAMPAIGN | {"audience", "people"}
_OFFER = _STEP | _BLACKOUT | {
    "product", "currency", "net", "unit_cost", "margin", "margin_floor", "discount_cap", "stacked", "stacked_cap",
}  # fmt: skip
_RULES = _STEP | {"files"}
_PLAN = frozenset(
    {
        "plan", "agent", "currency", "total_now", "total_after", "month_after", "raised", "at_risk", "data_age",
        "data_sla", "late_sources", "late_since", "evaluation_age", "evaluation_sla", "daily_cap", "monthly_cap",
        "at_risk_gate", "two_people_gate",
    }
)  # fmt: skip

WORDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("plan_change", "plan_policy", "plan_rollback"), _PLAN),
    **dict.fromkeys(("set_budget", "restore_budget"), _BUDGET),
    **dict.fromkeys(("set_status", "restore_status"), _MONEY),
    **dict.fromkeys(("publish", "restore_content"), _CAMPAIGN),
    **dict.fromkeys(("set_audience", "restore_audience"), _AUDIENCE),
    **dict.fromkeys(("set_price", "restore_price", "set_discount", "restore_discount"), _OFFER),
    **dict.fromkeys(("amend_policy", "restore_policy"), _RULES),
}
"""What the text of a policy may name, by action; about all other actions, `PERSON_WORDS`."""
PERSON_WORDS = frozenset({"plan", "person"})
"""What the text of a policy about what people do may name."""


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, words: dict[str, str]) -> str:
    """The text with its placeholders replaced once; raises KeyError for an unknown one."""
    return _PLACEHOLDER.sub(lambda match: words[match.group(1)], text)


def short(text: str) -> str:
    """Text from data for people, on one line: nothing in it may hide, reorder or run on."""
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[:_LONGEST_READ])
    one_line = " ".join(seen.split())
    return one_line if len(one_line) <= _LONGEST_NAME else one_line[: _LONGEST_NAME - 1] + "…"


def label(name: str, channel: str) -> str:
    """A name from data, as people see it in the words of a verdict."""
    return f"“{short(name)}” ({short(channel)})"


def percent(share_bp: Decimal | int) -> str:
    """Basis points as per cent, at most two decimals, rounded up: above a limit never reads as at it."""
    rounded = (Decimal(share_bp) / 100).quantize(Decimal("0.01"), rounding=ROUND_CEILING)
    return f"{rounded.normalize():f} %"


def step_share(before_minor: int, after_minor: int) -> str:
    """The move as a share of the budget before, unsigned."""
    if before_minor == 0:
        return "more than any share of nothing"
    return percent(Decimal(abs(after_minor - before_minor)) * 10_000 / before_minor)


def margin(net_minor: int, cost_minor: int) -> str:
    """What is left of a price, as a share of it, rounded down: below a floor never reads as at it."""
    if net_minor <= 0:
        return "nothing"
    left = (Decimal(net_minor - cost_minor) * 100 / net_minor).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)
    return f"{left.normalize():f} %".replace("-", "−")


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def data_age(count: int | None) -> str:
    """How old the data are, as a phrase after "the data are"."""
    if count is None:
        return "of unknown age"
    return "dated in the future" if count < 0 else f"{days(count)} old"


def days_or_never(count: int | None) -> str:
    return "never" if count is None else f"{days(count)} ago"


def any_of(roles: Iterable[Role]) -> str:
    """As in "an operator, an approver or the CMO", in the order of the roles; empty for none."""
    held = set(roles)
    *others, last = [""] + [A_ROLE[role] for role in Role if role in held]
    return f"{', '.join(others[1:])} or {last}" if len(others) > 1 else last


def listed(names: tuple[str, ...]) -> str:
    """Names from data: all of a few, else the first and how many more."""
    shown = [short(name) for name in names[:_MOST_LISTED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
