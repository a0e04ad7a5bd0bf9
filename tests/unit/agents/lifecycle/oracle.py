"""What must be true of every write, reckoned from what was said and done alone: it shares no code with the product.

It is told each thing that happened, in the order in which it happened, and asked at the moment of each write. Where
the product is stricter than needed, the oracle does not mind; it objects to what must never be.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage.records.executions import execution_key
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import Change, Plan, PlanKind
from storage.records.stops import FreezeScope

RIGHTS = frozenset({Role.APPROVER, Role.BRAND, Role.FINANCE, Role.LEGAL, Role.CMO})


@dataclass(frozen=True)
class Demand:
    """People whom a rule asks for."""

    name: str
    roles: frozenset[Role]
    people: int = 1
    cools_minutes: int = 0


@dataclass(frozen=True)
class Law:
    """Rules, as a test knows them: what they ask of a plan, and how much may be spent a day."""

    name: str
    demands: Callable[[Plan, Person | None], tuple[Demand, ...]]
    daily_cap_minor: int


@dataclass(frozen=True)
class Yes:
    """One approval, with all that it was bound to."""

    digest: str
    law: str
    shown: frozenset[str]
    roles: frozenset[Role]
    at: datetime
    glass: str | None


@dataclass
class Lent:
    giver: str
    taker: str
    starts: datetime
    ends: datetime


@dataclass
class Broken:
    person: str
    since: datetime
    until: datetime


@dataclass
class Oracle:
    """The whole story so far."""

    clock: Callable[[], datetime]
    law: Law
    people: dict[str, Person]
    lost_account: set[str] = field(default_factory=set)
    plans: dict[str, Plan] = field(default_factory=dict)
    yes: dict[tuple[str, int], dict[str, Yes]] = field(default_factory=dict)
    rejected: set[tuple[str, int]] = field(default_factory=set)
    lent: dict[str, Lent] = field(default_factory=dict)
    broken: dict[str, Broken] = field(default_factory=dict)
    frozen: dict[str, tuple[FreezeScope, str]] = field(default_factory=dict)
    brands: dict[str, str] = field(default_factory=dict)

    def approved(self, plan: Plan, person: str) -> None:
        holder = self.people[person]
        glass = next((name for name, one in self.broken.items() if one.person == person and self.holds(one)), None)
        self.yes.setdefault((plan.id, plan.revision), {})[person] = Yes(
            digest=plan.digest,
            law=self.law.name,
            shown=frozenset(one.name for one in self.demands(plan)),
            roles=holder.roles | self._borrowed(person, plan),
            at=self.clock(),
            glass=glass if Role.CMO in holder.roles else None,
        )

    def withdrew(self, plan: Plan, person: str) -> None:
        self.yes.get((plan.id, plan.revision), {}).pop(person, None)

    def demands(self, plan: Plan) -> tuple[Demand, ...]:
        return self.law.demands(plan, self.people.get(plan.requested_by or ""))

    def objections(
        self, change: Change, key: str, budgets: dict[str, int], *, taken_up: bool, begins: bool
    ) -> list[str]:
        """Why this write must not be, now; `budgets` are those before it.

        `taken_up`: the plan has not written since work was begun, `begins`: it has never written.
        """
        found = [
            plan
            for plan in self.plans.values()
            for one in plan.changes
            if execution_key(plan.id, plan.revision, one.id) == key and one == change
        ]
        if len(found) != 1:
            return ["this change stands in no plan's current revision"]
        (plan,) = found
        wrong = []
        if (plan.id, plan.revision) in self.rejected:
            wrong.append("it was rejected")
        if self.clock() >= plan.expires_at:
            wrong.append("its time is up")
        if self.stopped(plan, change):
            wrong.append("it is frozen")
        if taken_up:
            wrong += self._unapproved(plan)
        if begins:
            wrong += self._above_cap(plan, budgets)
        return wrong

    def stopped(self, plan: Plan, change: Change) -> bool:
        """Whether a freeze forbids the change."""
        brand = self.brands.get(change.resource.id, "")
        values = {
            FreezeScope.ALL: "",
            FreezeScope.BRAND: brand,
            FreezeScope.CHANNEL: change.resource.channel,
            FreezeScope.AGENT: plan.agent,
        }
        return any(values[scope] == value for scope, value in self.frozen.values()) and not self.under_glass(plan)

    def under_glass(self, plan: Plan) -> bool:
        """Whether somebody who may, and has broken the glass, answers for it alone."""
        for name, one in self.broken.items():
            if not (self.holds(one) and self.active(one.person) and Role.CMO in self.people[one.person].roles):
                continue
            said = self.yes.get((plan.id, plan.revision), {}).get(one.person)
            asked = plan.requested_by == one.person and one.since <= plan.created_at < one.until
            if asked or (said is not None and said.glass == name and said.digest == plan.digest):
                return True
        return False

    def holds(self, one: Broken) -> bool:
        return one.since <= self.clock() < one.until

    def said_yes_within(self, minutes: int, plan: Plan) -> bool:
        """Whether somebody approved it so recently that a rule may still want time to think better of it."""
        said = self.yes.get((plan.id, plan.revision), {}).values()
        return any(self.clock() < one.at + timedelta(minutes=minutes) for one in said)

    def active(self, person: str) -> bool:
        return self.people[person].active and person not in self.lost_account

    def _unapproved(self, plan: Plan) -> list[str]:
        if self.under_glass(plan):
            return []
        demands = self.demands(plan)
        counted = self._counted(plan, demands)
        roles = frozenset().union(*(_as(roles) for roles, _ in counted.values()))
        holders = frozenset().union(*(holders for _, holders in counted.values()))
        people = min(len(counted), len(holders))
        wrong = [
            f"{one.name}: approved as {sorted(roles)} by {people}, needs {sorted(one.roles)} by {one.people}"
            for one in demands
            if not (one.roles <= roles and people >= one.people)
        ]
        longest = max((one.cools_minutes for one in demands), default=0)
        last = max((self.yes[plan.id, plan.revision][one].at for one in counted), default=None)
        if longest and last is not None and self.clock() < last + timedelta(minutes=longest):
            wrong.append("it is not cool yet")
        return wrong

    def _counted(self, plan: Plan, demands: Iterable[Demand]) -> dict[str, tuple[frozenset[Role], frozenset[str]]]:
        """Whose approval counts now: with which roles, and by whose right."""
        wanted, counted = frozenset(one.name for one in demands), {}
        for person, said in self.yes.get((plan.id, plan.revision), {}).items():
            bound = said.digest == plan.digest and said.law == self.law.name and wanted <= said.shown
            if not bound or not self.active(person) or self._has_a_stake(person, plan):
                continue
            own = self.people[person].roles
            roles = said.roles & (own | self._borrowed(person, plan)) & RIGHTS
            if roles:
                givers = frozenset(one.giver for one in self._standing_in(person))
                counted[person] = roles, frozenset({person}) if said.roles & own & RIGHTS else givers
        return counted

    def _has_a_stake(self, person: str, plan: Plan) -> bool:
        return (
            person == plan.requested_by
            or plan.agent in self.people[person].owns
            or any(one.giver == plan.requested_by for one in self._standing_in(person))
        )

    def _standing_in(self, person: str) -> list[Lent]:
        return [one for one in self.lent.values() if one.taker == person and one.starts <= self.clock() < one.ends]

    def _borrowed(self, person: str, plan: Plan) -> frozenset[Role]:
        givers = [self.people[one.giver] for one in self._standing_in(person)]
        lends = [one.roles & RIGHTS for one in givers if self.active(one.id) and plan.agent not in one.owns]
        return frozenset().union(*lends)

    def _above_cap(self, plan: Plan, budgets: dict[str, int]) -> list[str]:
        after = {one.resource.id: one.after.minor for one in plan.changes if isinstance(one.after, Money)}
        total, now = sum((budgets | after).values()), sum(budgets.values())
        if total > self.law.daily_cap_minor and total > now:
            return [f"all budgets would be {total}, above {self.law.daily_cap_minor}"]
        return []


def ordinary(plan: Plan, requester: Person | None) -> tuple[Demand, ...]:
    """What the shipped rules ask for, in the words of their texts."""
    if plan.kind is PlanKind.ROLLBACK:
        trusted = requester is not None and requester.roles & {Role.APPROVER, Role.CMO}
        return () if trusted else (Demand("rollback-approval", frozenset({Role.APPROVER})),)
    asked = [Demand("approval-always", frozenset({Role.APPROVER}))]
    if any(_large(one) for one in plan.changes):
        asked.append(Demand("step-share-gate", frozenset({Role.CMO})))
    if plan.money_at_risk.minor > 700_000:
        asked.append(Demand("at-risk-gate", frozenset({Role.CMO})))
    return tuple(asked)


def and_also(*more: Demand) -> Callable[[Plan, Person | None], tuple[Demand, ...]]:
    """The shipped rules, and these of every plan that is no rollback."""

    def demands(plan: Plan, requester: Person | None) -> tuple[Demand, ...]:
        return (*ordinary(plan, requester), *(() if plan.kind is PlanKind.ROLLBACK else more))

    return demands


def _as(roles: frozenset[Role]) -> frozenset[Role]:
    return roles | {Role.APPROVER, Role.BRAND} if Role.CMO in roles else roles


def _large(change: Change) -> bool:
    assert isinstance(change.before, Money)
    assert isinstance(change.after, Money)
    return abs(change.after.minor - change.before.minor) * 4 > change.before.minor
