"""The words that the text of a policy may name, for one question: amounts, shares and names of payload and policy."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agents.governance import wording
from agents.governance.calendar import Blackout, Calendar
from agents.governance.limits import CurrencyLimits, Limits
from agents.governance.situation import (
    SCOPES,
    TOTAL,
    AudienceStep,
    BudgetStep,
    CampaignStep,
    ContentStep,
    DiscountStep,
    PriceStep,
    ProductStep,
    RulesStep,
    Situation,
    StatusStep,
    Step,
)
from storage.records.money import Money

_NOT_SET = "not set"


class Phrases:
    """Words about one situation under these limits."""

    def __init__(
        self, situation: Situation, limits: Limits | None, amounts: CurrencyLimits | None, *, zone: str = "UTC"
    ) -> None:
        """`zone` is the team's: moments are shown in it."""
        self._situation = situation
        self._limits = limits
        self._amounts = amounts
        self._currency = situation.at_risk.currency
        self._zone = zone

    def of_plan(self) -> dict[str, str]:
        here, amounts, total = self._situation, self._amounts, self._situation.sums[TOTAL]
        return {
            "plan": here.plan,
            "agent": wording.short(here.agent),
            "currency": self._currency,
            "total_now": self._minor(total.now),
            "total_after": self._minor(total.after),
            "month_after": self._minor(total.month_after),
            "raised": self._minor(here.raised),
            "at_risk": str(here.at_risk),
            "data_age": wording.data_age(here.data_age_days),
            "data_sla": wording.days(here.data_sla_days),
            "late_sources": wording.listed(tuple(one.source for one in here.late)) or "no source",
            "late_since": self._moment(here.late[0].since) if here.late else "never",
            "evaluation_age": wording.days_or_never(here.evaluation_age_days),
            "evaluation_sla": wording.days(self._limits.evaluation_sla_days) if self._limits else _NOT_SET,
            "daily_cap": _text(amounts.daily_cap if amounts else None),
            "monthly_cap": _text(amounts.monthly_cap if amounts else None),
            "at_risk_gate": _text(amounts.at_risk_gate if amounts else None),
            "two_people_gate": _text(amounts.two_people_gate if amounts else None),
        }

    def of_step(self, step: Step, dark: dict[str, str]) -> dict[str, str]:
        """`dark` are the words about a blackout."""
        label = wording.label(step.name, step.channel)
        shared = {
            "plan": self._situation.plan,
            "subject": label,
            "channel": wording.short(step.channel),
            "subject_mark": _mark(step.simulated),
            "plan_mark": _mark(self._situation.simulated),
        }
        if isinstance(step, RulesStep):
            files = wording.listed(step.files)
            return {**shared, "files": files, "before": "as they were", "after": files, "live": "others"}
        if isinstance(step, ProductStep):
            return {**shared, **dark, "product": label, "currency": self._currency, **self._of_product(step)}
        assert isinstance(step, BudgetStep | StatusStep | ContentStep | AudienceStep)
        shared |= {
            **dark,
            "campaign": label,
            "account": wording.short(step.account),
            "brand": wording.short(step.brand),
        }
        if isinstance(step, BudgetStep):
            return {**shared, **self._of_money(step), **self._of_budget(step)}
        if isinstance(step, AudienceStep):
            named = {"before": wording.short(step.before), "after": wording.short(step.after), "live": "others"}
            return {**shared, **named, "audience": f"“{step.audience_name}”", "people": f"{step.people:,}"}
        if isinstance(step, StatusStep):
            return {**shared, **self._of_money(step), **_values(step.before, step.after, step.live)}
        return {**shared, **_values(step.before, step.after, step.live)}

    def _of_budget(self, step: BudgetStep) -> dict[str, str]:
        limits, amounts = self._limits, self._amounts
        return {
            "before": str(step.before),
            "after": str(step.after),
            "live": _text(step.live),
            "step": str(Money(minor=abs(step.after.minor - step.before.minor), currency=step.before.currency)),
            "step_share": wording.step_share(step.before.minor, step.after.minor),
            "week_before": str(step.week_before),
            "week_share": wording.step_share(step.week_before.minor, step.after.minor),
            "step_cap": _text(amounts.step_cap if amounts else None),
            "min_budget": _text(amounts.min_budget if amounts else None),
            "step_share_cap": _share(limits.step_share_cap_bp if limits else None),
            "step_share_gate": _share(limits.step_share_gate_bp if limits else None),
            "week_share_cap": _share(limits.week_share_cap_bp if limits else None),
            "learning_share": _share(limits.learning_share_bp if limits else None),
        }

    def _of_money(self, step: CampaignStep) -> dict[str, str]:
        names = {"channel": step.channel, "account": step.account, "brand": step.brand}
        words = {"currency": self._currency}
        for kind in SCOPES:
            sums = self._situation.sums_of(kind, names[kind])
            words[f"{kind}_after"] = self._minor(sums.after)
            words[f"{kind}_month"] = self._minor(sums.month_after)
            words[f"{kind}_cap"] = _text(cap_of(self._amounts, kind, "daily", names[kind]))
            words[f"{kind}_month_cap"] = _text(cap_of(self._amounts, kind, "monthly", names[kind]))
        return words

    def _of_product(self, step: ProductStep) -> dict[str, str]:
        limits = self._limits
        words = {
            "net": str(step.net),
            "unit_cost": str(step.unit_cost),
            "margin": wording.margin(step.net.minor, step.unit_cost.minor),
            "stacked": wording.percent(step.stacked_bp),
            "margin_floor": _share(limits.margin_floor_bp if limits else None),
            "discount_cap": _share(limits.discount_cap_bp if limits else None),
            "stacked_cap": _share(limits.stacked_discount_cap_bp if limits else None),
        }
        if isinstance(step, PriceStep):
            return {**words, "before": str(step.before), "after": str(step.after), "live": _text(step.live)}
        assert isinstance(step, DiscountStep)
        live = " and ".join(wording.percent(each) for each in step.live) or "no discount"
        return {
            **words,
            "before": wording.percent(step.before) if step.before else "no discount",
            "after": wording.percent(step.after) if step.after else "no discount",
            "live": live,
        }

    def _moment(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self._zone)):%-d %b %Y, %H:%M %Z}"

    def _minor(self, minor: int | None) -> str:
        return "an unknown sum" if minor is None else str(Money(minor=minor, currency=self._currency))


def cap_of(amounts: CurrencyLimits | None, kind: str, span: str, name: str) -> Money | None:
    """The cap of one channel, account or brand; `span` is `daily` or `monthly`."""
    if amounts is None or not name:
        return None
    caps: dict[str, Money] = getattr(amounts, f"{kind}_{span}_caps")
    return caps.get(name)


def blackout_words(blackout: Blackout | None, calendar: Calendar, now: datetime) -> dict[str, str]:
    """Its name, and its end as the clocks of the team's zone show it."""
    ends = calendar.blackout_ends(blackout, now) if blackout else None
    until = f"{ends.astimezone(ZoneInfo(calendar.zone)):%a %d %b, %H:%M}" if ends else "its end"
    return {"blackout": wording.short(blackout.name) if blackout else "no blackout", "blackout_until": until}


def _values(before: str, after: str, live: str | None) -> dict[str, str]:
    values = {"before": before, "after": after, "live": live}
    return {key: f"“{wording.short(value)}”" if value else "nothing" for key, value in values.items()}


def _text(amount: Money | None) -> str:
    return _NOT_SET if amount is None else str(amount)


def _share(share_bp: int | None) -> str:
    return _NOT_SET if share_bp is None else wording.percent(share_bp)


def _mark(simulated: bool) -> str:
    return "simulated" if simulated else "live"
