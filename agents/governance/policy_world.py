"""The small calm world that policy tests change one thing of: what it holds, and how a case is written down.

Campaigns `news` (email, 100 a day) and `search` (paid search, 200 a day), product `mug` (20, costs 8), audience `fans`,
limits that all of it is well within, money in pounds, Monday 2 March 2026, 09:00 UTC.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml

from agents.governance.calendar import ALWAYS, Calendar
from agents.governance.calendar_text import parse_calendar
from agents.governance.facts import Facts
from agents.governance.limits import Limits, parse_limits
from agents.governance.situation import Case
from agents.governance.written import (
    CaseInvalid,
    Written,
    amount,
    as_map,
    bp,
    mapping,
    moment,
    only,
    text,
    texts,
    whole,
    yes,
)
from storage.records.facts import AudienceState, CampaignState, ProductState
from storage.records.freshness import StaleSource
from storage.records.people import Person, Role
from storage.records.plans import Change, Plan, PlanKind, Resource, Value
from storage.records.policies import value_of_texts

KEYS = (
    "case", "change", "rules", "rollback", "took_back", "asked_by", "active", "at_risk", "simulated", "campaigns",
    "products", "audiences", "limits", "calendar", "now", "skills", "data_age", "evaluation_age", "spent", "days_left",
    "late", "week_before", "glass", "alert",
)  # fmt: skip
"""What a case about a plan may say; `case` is a remark for people."""
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_DATA_DAY = date(2026, 3, 1)
_CAMPAIGNS: dict[str, dict[str, str]] = {
    "news": {"channel": "email", "daily_budget": "100"},
    "search": {"channel": "paid_search", "daily_budget": "200"},
}
_CAMPAIGN = {"channel": "email", "daily_budget": "10", "account": "main", "brand": "north", "status": "active"}
_PRODUCTS: dict[str, dict[str, str]] = {"mug": {}}
_PRODUCT = {"channel": "website", "price": "20", "unit_cost": "8", "discounts": ""}
_AUDIENCES: dict[str, dict[str, str]] = {"fans": {}}
_AUDIENCE = {"channel": "email", "people": "5000", "consented": "yes"}
_SHARES = {
    "step_share_gate": "25%", "step_share_cap": "50%", "margin_floor": "20%", "discount_cap": "30%",
    "stacked_discount_cap": "40%",
}  # fmt: skip
_AMOUNTS = {"daily_cap": "400", "step_cap": "90", "at_risk_gate": "2000", "min_budget": "5"}
_OF_SHARES = (
    *_SHARES, "week_share_cap", "learning_share", "evaluation_sla_days", "contacts_per_week", "excluded_audiences",
    "alerts",
)  # fmt: skip
_MONEY = ("daily_budget", "price")
_CHANGED_PRODUCT = ("price", "discount")


class World:
    """One case: a plan, the facts around it, and what the team allows."""

    def __init__(self, case: Written, texts: Mapping[str, str]) -> None:
        """`texts` are those of the rules in force. Raises CaseInvalid, LimitsInvalid or CalendarInvalid."""
        only(case, KEYS)
        self._case = case
        self._texts = texts
        self.now = moment(text(case, "now", "")) if "now" in case else _NOW
        self.limits: Limits | None = _limits(case.get("limits", {}))
        self.calendar: Calendar = _calendar(case.get("calendar"))
        self._asker = self._asking()
        self.plan = self._plan()
        self.facts = self._facts()

    def _asking(self) -> Person | None:
        """Who asked for it; rollbacks and changes of the rules are always asked for by somebody."""
        usual = "cmo" if "rules" in self._case else "approver" if yes(self._case, "rollback") else ""
        roles = self._case.get("asked_by", usual)
        return person(roles, active=yes(self._case, "active", default=True)) if roles else None

    def _plan(self) -> Plan:
        changes = self._changes()
        rollback = yes(self._case, "rollback")
        kind = PlanKind.ROLLBACK if rollback else PlanKind.POLICY if "rules" in self._case else PlanKind.BUDGET
        return Plan(
            id="PLAN-1",
            kind=kind,
            title="A case",
            why=("a case",),
            agent="planner",
            agent_version="1",
            requested_by=self._asker.id if self._asker else None,
            changes=changes,
            money_at_risk=amount(text(self._case, "at_risk", "1000")),
            created_at=self.now,
            expires_at=self.now + timedelta(days=1),
            data_day=_DATA_DAY,
            simulated=yes(self._case, "simulated", default=True),
            restores="PLAN-2" if rollback else None,
        )

    def _facts(self) -> Facts:
        case = self._case
        age, scored = text(case, "data_age", "1"), text(case, "evaluation_age", "never")
        return Facts(
            now=self.now,
            campaigns=tuple(_campaign(*one) for one in _merged(case, "campaigns", _CAMPAIGNS)),
            products=tuple(_product(*one) for one in _merged(case, "products", _PRODUCTS)),
            audiences=tuple(_audience(*one) for one in _merged(case, "audiences", _AUDIENCES)),
            data_age_days=None if age == "unknown" else whole(age),
            data_sla_days=2,
            late=_late(text(case, "late", "")),
            spent_this_month=self._spent(),
            days_left=whole(text(case, "days_left", "30")),
            week_before={self._key(name): amount(each) for name, each in mapping(case, "week_before").items()},
            evaluation_age_days=None if scored == "never" else whole(scored),
            agent_skills=frozenset(texts(case.get("skills", "budget, content, offer, audience"))),
            requester=self._asker,
            taken_back=self._taken_back(),
            case=_alert(mapping(case, "alert")) if "alert" in case else None,
            glass=yes(case, "glass"),
        )

    def _changes(self) -> tuple[Change, ...]:
        if "rules" in self._case:
            return (self._rules_change(text(self._case, "rules", "")),)
        written = self._case.get("change", {"news": "100 to 110"})
        each = [pair for part in (written if isinstance(written, list) else [written]) for pair in as_map(part).items()]
        return tuple(self._change(number, *pair) for number, pair in enumerate(each, start=1))

    def _change(self, number: int, what: str, values: str) -> Change:
        name, _, field = what.partition(".")
        field = field or "daily_budget"
        before, parted, after = str(values).partition(" to ")
        if not parted:
            raise CaseInvalid(f"change {what}: write it as “100 to 110”")
        kind, channel = self._place(name, field)
        return Change(
            id=f"c{number}",
            resource=Resource(channel=channel, kind=kind, id=name, name=name),
            field=field,
            before=_value(field, before),
            after=_value(field, after),
            unit="GBP/day",
            expected_version="v1",
        )

    def _rules_change(self, name: str) -> Change:
        """From the text in force, or another if `took_back` says so, to the same with a remark."""
        held = self._texts.get(name)
        before = held if text(self._case, "took_back", "in force") == "in force" else "// long gone"
        after = f"{held or ''}// and more"
        texts_now, texts_then = value_of_texts({name: before}), value_of_texts({name: after})
        resource = Resource(channel="policies", kind="policy", id="edition", name=name)
        return Change(
            id="c1", resource=resource, field="text", before=texts_now, after=texts_then, unit="", expected_version="v1"
        )

    def _taken_back(self) -> tuple[Change, ...]:
        """The plan that a rollback takes back had changed what it restores, unless `took_back` gives other values."""
        other = mapping(self._case, "took_back") if isinstance(self._case.get("took_back"), Mapping) else {}
        taken = []
        for change in self.plan.changes:
            name = change.resource.id
            before = _value(change.field, other[name]) if name in other else change.after
            taken.append(change.model_copy(update={"before": before, "after": change.before}))
        return tuple(taken)

    def _spent(self) -> dict[str, int] | None:
        if self._case.get("spent") == "unknown":
            return None
        return {self._key(name): amount(each).minor for name, each in mapping(self._case, "spent").items()}

    def _key(self, name: str) -> str:
        kind, channel = self._place(name, "daily_budget")
        return f"{channel}/{kind}/{name}"

    def _place(self, name: str, field: str) -> tuple[str, str]:
        """Kind and channel of what has this name."""
        kind, key, known, calm = ("campaign", "campaigns", _CAMPAIGNS, _CAMPAIGN)
        if field in _CHANGED_PRODUCT:
            kind, key, known, calm = ("product", "products", _PRODUCTS, _PRODUCT)
        written = mapping(self._case, key).get(name)
        written = written if isinstance(written, Mapping) else {}
        return kind, {**calm, **known.get(name, {}), **written}["channel"]


def person(roles: Any, *, active: bool = True) -> Person:
    """Somebody with these roles. Raises CaseInvalid."""
    try:
        return Person(id="somebody", name="Somebody", roles=frozenset(Role(one) for one in texts(roles)), active=active)
    except ValueError as error:
        raise CaseInvalid(f"{roles} are no roles; use {', '.join(Role)}") from error


def _merged(case: Written, key: str, calm: dict[str, dict[str, str]]) -> list[tuple[str, Written]]:
    """What is there, with what the case says of it; `none` takes it away."""
    written = {name: {} if value == "none" else as_map(value) for name, value in mapping(case, key).items()}
    gone = {name for name, value in mapping(case, key).items() if value == "none"}
    names = [name for name in {**calm, **written} if name not in gone]
    return [(name, {**calm.get(name, {}), **written.get(name, {})}) for name in names]


def _campaign(name: str, written: Written) -> CampaignState:
    only(written, (*_CAMPAIGN, "creative", "learning", "simulated", "version"))
    values = {**_CAMPAIGN, **written}
    return CampaignState(
        channel=values["channel"],
        id=name,
        name=name,
        status=values["status"],
        daily_budget=amount(values["daily_budget"]),
        version=values.get("version", "v1"),
        account=values["account"],
        brand=values["brand"],
        simulated=yes(values, "simulated", default=True),
        learning_until=_DATA_DAY + timedelta(days=7) if yes(values, "learning") else None,
        creative=values.get("creative"),
    )


def _product(name: str, written: Written) -> ProductState:
    only(written, (*_PRODUCT, "simulated"))
    values = {**_PRODUCT, **written}
    return ProductState(
        channel=values["channel"],
        id=name,
        name=name,
        price=amount(values["price"]),
        unit_cost=amount(values["unit_cost"]),
        discounts_bp=tuple(bp(each) for each in texts(values["discounts"])),
        simulated=yes(values, "simulated", default=True),
    )


def _audience(name: str, written: Written) -> AudienceState:
    only(written, (*_AUDIENCE, "simulated"))
    values = {**_AUDIENCE, **written}
    return AudienceState(
        channel=values["channel"],
        id=name,
        name=name,
        people=whole(values["people"]),
        consented=yes(values, "consented"),
        simulated=yes(values, "simulated", default=True),
    )


def _alert(written: Written) -> Case:
    only(written, ("kpi", "channel", "large"))
    large = yes(written, "large", default=True)
    return Case(kpi=text(written, "kpi", "cpc"), channel=text(written, "channel", ""), large=large)


def _limits(written: Any) -> Limits | None:
    if written == "none":
        return None
    overrides = as_map(written)
    shares = {**_SHARES, **{key: value for key, value in overrides.items() if key in _OF_SHARES}}
    amounts = {**_AMOUNTS, **{key: value for key, value in overrides.items() if key not in _OF_SHARES}}
    document = {key: value for key, value in shares.items() if value != "none"} | {"currencies": {"GBP": amounts}}
    return parse_limits(yaml.safe_dump(document, allow_unicode=True), file="limits")


def _calendar(written: Any) -> Calendar:
    if written is None:
        return ALWAYS
    return parse_calendar(yaml.safe_dump(dict(as_map(written)), allow_unicode=True), file="calendar")


def _value(field: str, written: Any) -> Value:
    value = str(written).strip()
    if field in _MONEY:
        return amount(value)
    if field == "discount":
        return str(bp(value))
    return "" if value == "nothing" else value


def _late(written: str) -> tuple[StaleSource, ...]:
    """As in "google_ads since 2026-03-01 09:00"; empty for none."""
    if not written:
        return ()
    source, said, since = written.partition(" since ")
    if not said:
        raise CaseInvalid(f"late is “{written}”; write google_ads since 2026-03-01 09:00, in UTC")
    return (StaleSource(source=source, since=moment(since)),)
