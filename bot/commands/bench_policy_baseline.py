"""What a programmer would write instead of the policies on one budget: plain Python, trusting every type.

It covers one action whole, the permit and every forbid that can fire for it, and none of the others.
"""

from typing import Any

ACTION = "set_budget"


def judged(asked: dict[str, Any], known: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """The ids of what decides: the forbids that fire, else the permit; for questions whose values fit the schema."""
    context = asked["context"]
    asker, campaign = (known.get((asked[side]["type"], asked[side]["id"])) for side in ("principal", "resource"))
    assert asker is not None
    assert campaign is not None
    fired = _integrity(context, campaign)
    limits = context.get("limits")
    if limits is not None:
        fired += _caps(context, limits)
        if context["same_currency"]:
            fired += _steps(context, limits)
    if not fired and "budget" in asker["skills"]:
        return ["agents-move-money"]
    return sorted(fired)


def _integrity(context: dict[str, Any], campaign: dict[str, Any]) -> list[str]:
    before, after, fired = context["before"], context["after"], []
    if after <= 0 or before < 0:
        fired.append("budget-above-zero")
    elif context["same_currency"] and (after >= 10 * before or before >= 10 * after):
        fired.append("unit-slip")
    if not context["same_currency"]:
        fired.append("one-currency")
    if not context["known"]:
        fired.append("campaign-unknown")
    elif not context["as_planned"]:
        fired.append("budget-moved")
    if campaign["simulated"] != context["plan_simulated"]:
        fired.append("simulated-mark")
    if context["repeated"]:
        fired.append("changed-twice")
    if context["blackout"] and not context["glass"]:
        fired.append("blackout")
    return fired


def _caps(context: dict[str, Any], limits: dict[str, Any]) -> list[str]:
    fired = []
    for what in ("channel", "account", "brand"):
        after = context[f"{what}_after"]
        if f"{what}_cap" in limits and after > limits[f"{what}_cap"] and after > context[f"{what}_now"]:
            fired.append(f"{what}-cap")
        now, after = context.get(f"{what}_month_now"), context.get(f"{what}_month_after")
        cap = limits.get(f"{what}_month_cap")
        if cap is not None and now is not None and after is not None and after > cap and after > now:
            fired.append(f"{what}-monthly-cap")
    return fired


def _steps(context: dict[str, Any], limits: dict[str, Any]) -> list[str]:
    before, after, week_before = context["before"], context["after"], context["week_before"]
    step, fired = abs(after - before), []
    if step > limits["step_cap"]:
        fired.append("step-cap")
    if step * 10_000 > limits["step_share_cap_bp"] * before:
        fired.append("step-share-cap")
    if 0 < after < limits["min_budget"]:
        fired.append("budget-minimum")
    if "week_share_cap_bp" in limits and after != before:
        away = after - week_before if after > before else week_before - after
        if away * 10_000 > limits["week_share_cap_bp"] * week_before:
            fired.append("week-share-cap")
    if not context["glass"] and not ("cmo" in context["approvals"]["roles"] and context["approvals"]["distinct"] >= 1):
        if step * 10_000 > limits["step_share_gate_bp"] * before:
            fired.append("step-share-gate")
        if (
            context["learning"]
            and "learning_share_bp" in limits
            and step * 10_000 > limits["learning_share_bp"] * before
        ):
            fired.append("learning-phase")
    return fired
