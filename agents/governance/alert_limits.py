"""What a team says of its alerts in limits.yml: how far a KPI moves before it matters, how soon somebody looks, and
what may happen by itself. By KPI, brand and channel; it is policy, so its changes are approved, signed and audited.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agents.governance.entries import Entry, quoted, read_entries
from agents.governance.limits_text import LimitsInvalid, percent, share_bp
from storage.records.alerts import Severity
from storage.records.record import Record
from storage.records.reviews import Intervention

SIZES: Mapping[str, Severity] = {"small": Severity.NOTE, "medium": Severity.WARNING, "large": Severity.CRITICAL}
"""What people call severities."""
SLA_HOURS: Mapping[Severity, int] = {Severity.NOTE: 40, Severity.WARNING: 16, Severity.CRITICAL: 4}
"""Business hours in which each step of a case is due where limits.yml does not say."""
LARGEST_BOUND_BP = 90_000
_LONGEST_HOURS = 500
_SELECTORS = ("kpi", "brand", "channel")
_BOUNDS = ("medium", "large")


class AlertRule(Record):
    """One entry; what it does not name it holds for, and what it does not set is left to wider entries."""

    name: str
    """People's own words for it."""
    kpi: str | None = None
    brand: str | None = None
    channel: str | None = None
    medium_bp: int | None = Field(default=None, ge=1, le=LARGEST_BOUND_BP)
    """From this relative change on, up or down, a case is medium; in basis points."""
    large_bp: int | None = Field(default=None, ge=1, le=LARGEST_BOUND_BP)
    automatic: Intervention | None = None
    """What happens by itself to a large case."""
    sla_hours: dict[Severity, int] = Field(default_factory=dict)

    def concerns(self, *, kpi: str, brand: str, channel: str) -> bool:
        wanted = ((self.kpi, kpi), (self.brand, brand), (self.channel, channel))
        return all(name is None or name == there for name, there in wanted)

    @property
    def selectors(self) -> tuple[str | None, ...]:
        return self.kpi, self.brand, self.channel

    @property
    def _narrowness(self) -> tuple[int, ...]:
        named = [one is not None for one in self.selectors]
        return sum(named), *map(int, named)


class Bounds(Record):
    """What holds for one KPI of one brand on one channel, all entries together."""

    medium_bp: int | None = None
    large_bp: int | None = None
    """None: what the detector says."""
    automatic: Intervention = Intervention.NONE
    sla_hours: dict[Severity, int]

    def severity(self, change_bp: int, said: Severity) -> Severity:
        """How much a relative change matters; `said` by the detector where no bound is set."""
        if self.large_bp is not None and abs(change_bp) >= self.large_bp:
            return Severity.CRITICAL
        if self.medium_bp is not None and abs(change_bp) >= self.medium_bp:
            return Severity.WARNING if self.large_bp is not None else _at_least(said, Severity.WARNING)
        below = [Severity.NOTE] if self.medium_bp is not None else []
        below += [Severity.WARNING] if self.large_bp is not None else []
        return min((said, *below), key=_rank)


class AlertLimits(Record):
    """All entries of the section `alerts`; nothing happens by itself unless one says so."""

    rules: tuple[AlertRule, ...] = ()

    def of(self, *, kpi: str, brand: str = "", channel: str = "") -> Bounds:
        """What holds there: of each setting the narrowest entry that has it; a KPI counts before a brand or channel."""
        concerned = [one for one in self.rules if one.concerns(kpi=kpi, brand=brand, channel=channel)]
        found: dict[str, Any] = {}
        hours = dict(SLA_HOURS)
        for rule in sorted(concerned, key=lambda one: one._narrowness):  # noqa: SLF001 - its own module
            found |= {
                name: getattr(rule, name)
                for name in ("medium_bp", "large_bp", "automatic")
                if getattr(rule, name) is not None
            }
            hours |= rule.sla_hours
        return Bounds(**found, sla_hours=hours)


def _at_least(said: Severity, least: Severity) -> Severity:
    return max(said, least, key=_rank)


def _rank(one: Severity) -> int:
    return one.rank


def parse_alerts(text: str, *, file: str) -> AlertLimits:
    """The section of a limits.yml, even of one without caps. Raises LimitsInvalid."""
    return read_alerts(read_entries(text, file=file, error=LimitsInvalid))


def read_alerts(top: Entry) -> AlertLimits:
    """The section `alerts` of the file's top; no entries where it is missing. Raises LimitsInvalid."""
    rules: list[AlertRule] = []
    for name, entry in top.inner("alerts"):
        rule = _rule(name, entry)
        twin = next((one for one in rules if one.selectors == rule.selectors), None)
        if twin is not None:
            raise entry.invalid("", f"is for the same as {twin.name!r}; keep one")
        rules.append(rule)
    return AlertLimits(rules=tuple(rules))


def _rule(name: str, entry: Entry) -> AlertRule:
    entry.only((*_SELECTORS, *_BOUNDS, "automatic", "sla_hours"))
    said: dict[str, Any] = {key: entry.text(key, f"write the {key}'s name") for key in _SELECTORS if entry.has(key)}
    for key in _BOUNDS:
        if entry.has(key):
            said[f"{key}_bp"] = share_bp(entry, key, least_bp=1, largest_bp=LARGEST_BOUND_BP)
    if {"medium_bp", "large_bp"} <= set(said) and said["medium_bp"] >= said["large_bp"]:
        raise entry.invalid("medium", "must be below large; lower it, or raise large")
    if entry.has("automatic"):
        word = entry.text("automatic", "write none, hold or pause")
        if word not in set(Intervention):
            raise entry.invalid("automatic", "must be none, hold or pause")
        said["automatic"] = Intervention(word)
    if entry.has("sla_hours"):
        hours = entry.entry("sla_hours")
        hours.only(tuple(SIZES))
        said["sla_hours"] = {
            SIZES[size]: hours.number(size, least=1, most=_LONGEST_HOURS, example="16") for size in hours.keys
        }
    return AlertRule(name=name, **said)


def dump_alerts(limits: AlertLimits) -> list[str]:
    """Lines that read back as the same section; none without entries."""
    sizes = {severity: size for size, severity in SIZES.items()}
    lines = ["alerts:  # of each setting the narrowest entry holds; automatic is none, hold or pause"] * bool(
        limits.rules
    )
    for rule in limits.rules:
        said = {key: quoted(value) for key in _SELECTORS if (value := getattr(rule, key)) is not None}
        said |= {key: percent(bp) for key in _BOUNDS if (bp := getattr(rule, f"{key}_bp")) is not None}
        said |= {"automatic": rule.automatic.value} if rule.automatic else {}
        hours = ", ".join(f"{sizes[one]}: {rule.sla_hours[one]}" for one in Severity if one in rule.sla_hours)
        said |= {"sla_hours": f"{{{hours}}}"} if hours else {}
        inside = ", ".join(f"{key}: {value}" for key, value in said.items())
        lines.append(f"  {quoted(rule.name)}: {{{inside}}}")
    return lines
