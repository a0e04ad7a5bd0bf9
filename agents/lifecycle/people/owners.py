"""Owners: who answers for each artefact, by the role that it names or by a person named for it, always as of now.

An artefact is `kind:name`. What it says of its owner stands where it is defined: contracts, features, KPIs, models and
policies. Who holds a role stands in people.yml; beside it a person can be named for one artefact or one role. Nothing
is copied into alerts, so a change of owner holds for the open ones too.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from agents.governance.rules import Act
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from storage.contracts.entities import BY_DATASET
from storage.ledger import Ledger, Transaction
from storage.records.alerts import AlertKind, Finding
from storage.records.features import FeatureDefinition
from storage.records.owners import Answerable, Ownership
from storage.records.people import Person
from storage.records.policies import CALENDAR, LIMITS
from storage.records.record import Record

FACTS_OWNER = "marketing operations"
"""Answers for daily figures, which have no contract of their own."""
_OF_RULES = {LIMITS: "finance", CALENDAR: "marketing operations"}
"""Of the texts that a home writes for itself, where they do not say."""
_HEADER = re.compile(r"^(?://|#) Owner: (?P<role>[^\n]{1,60}?)\.?\s*$", re.MULTILINE | re.IGNORECASE)
_POLICY_TEXT = re.compile(r".+\.cedar|limits\.yml|calendar\.yml")
_OTHERWISE = "marketing operations"
"""Answers for what a finding speaks of where that is no artefact of its own."""


class Named(Record):
    """What came of naming somebody; `words` are for whoever did."""

    artefact: str
    answerable: Answerable
    words: str


class Owners:
    """Says who answers for what, and lets people be named."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        kpis: Mapping[str, str],
        features: Mapping[str, FeatureDefinition],
        clock: Callable[[], datetime],
    ) -> None:
        """`kpis`: name → the role that its definition names."""
        self._ledger = ledger
        self._rulebook = rulebook
        self._kpis = kpis
        self._features = features
        self._clock = clock

    async def list(self) -> tuple[Answerable, ...]:
        """Every artefact of this home with its role and people, by name."""
        async with self._ledger.read() as tx:
            roles = await self._roles(tx)
            named, people = await tx.owners.all(), await tx.people.all()
        return tuple(_answerable(one, role, named, people) for one, role in sorted(roles.items()))

    async def of(self, finding: Finding) -> Answerable:
        """Who answers for what a finding is about."""
        async with self._ledger.read() as tx:
            return await self.of_in(tx, finding)

    async def of_in(self, tx: Transaction, finding: Finding) -> Answerable:
        """The same within a transaction."""
        (found,) = await self.of_each(tx, [finding])
        return found

    async def of_each(self, tx: Transaction, findings: Sequence[Finding]) -> tuple[Answerable, ...]:
        """The same for several findings; what they share is read once."""
        if not findings:
            return ()
        named, people = await tx.owners.all(), await tx.people.all()
        found: dict[tuple[object, ...], Answerable] = {}
        for one in findings:
            if _about(one) not in found:
                found[_about(one)] = await self._answering(tx, one, named, people)
        return tuple(found[_about(one)] for one in findings)

    async def _answering(
        self, tx: Transaction, finding: Finding, named: Mapping[str, Ownership], people: Iterable[Person]
    ) -> Answerable:
        for artefact in await self._concerned(tx, finding):
            role = await self._role(tx, artefact)
            if role or artefact in named:
                return _answerable(artefact, role, named, people)
        return _answerable(f"kpi:{finding.kpi}", _OTHERWISE, named, people)

    async def of_artefact(self, tx: Transaction, artefact: str) -> Answerable:
        """Who answers for `kind:name`; nobody for what there is not."""
        return _answerable(artefact, await self._role(tx, artefact), await tx.owners.all(), await tx.people.all())

    async def name(self, artefact: str, person_id: str | None, *, by: Person, via: str) -> Named | Declined:
        """Have a person answer for an artefact or for all of a role; None: nobody in particular any more."""
        now = self._clock()
        async with self._ledger.write() as tx:
            known = await tx.people.get(by.id) or by.model_copy(update={"active": False})
            permission = (await self._rulebook.of(tx)).may(known, Act.NAME_OWNER)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            problem = await self._problem(tx, artefact, person_id)
            if problem is not None:
                return problem
            before = (await tx.owners.all()).get(artefact)
            if (before.person if before else None) == person_id:
                return Declined(cause=Cause.REPEATED, words=f"That is so already: nothing was changed for {artefact}.")
            if person_id is None:
                await tx.owners.clear(artefact)
            else:
                await tx.owners.put(Ownership(artefact=artefact, person=person_id, set_by=by.id, set_at=now))
            answerable = await self.of_artefact(tx, artefact)
            await tx.audit.append(
                at=now,
                actor=f"person:{by.id}",
                action="owner.named" if person_id else "owner.cleared",
                subject=artefact,
                facts={"person": person_id, "before": before.person if before else None, "via": via},
            )
            await self._redraw(tx, artefact, now=now)
        return Named(artefact=artefact, answerable=answerable, words=f"{artefact}: {_who(answerable)}.")

    async def _problem(self, tx: Transaction, artefact: str, person_id: str | None) -> Declined | None:
        roles = await self._roles(tx)
        held = {f"role:{role}" for role in roles.values() if role}
        if artefact not in roles and artefact not in held:
            kinds = ", ".join(sorted({one.partition(":")[0] for one in (*roles, *held)}))
            called = artefact.rpartition(":")[2]
            near = [one for one in sorted({*roles, *held}) if one.partition(":")[2] == called]
            hint = f"did you mean {' or '.join(near[:3])}?" if near else "countersign owners lists what there is"
            words = f"There is no artefact {artefact[:80]}. Write kind:name with {kinds}; {hint}."
            return Declined(cause=Cause.UNKNOWN, words=words)
        if person_id is None:
            return None
        person = await tx.people.get(person_id)
        if person is None or not person.active:
            words = f"{person_id} is nobody active of people.yml: name somebody who can be asked."
            return Declined(cause=Cause.INVALID, words=words)
        return None

    async def _redraw(self, tx: Transaction, artefact: str, *, now: datetime) -> None:
        """Have the cards of open cases that this concerns be drawn anew, so that whoever answers now is told."""
        for alert in await tx.alerts.unrecovered():
            answers = await self.of_in(tx, alert.finding)
            if answers.artefact == artefact or (artefact == f"role:{answers.role}" and not answers.named):
                await tx.alerts.save(alert.model_copy(update={"updated_at": now}))

    async def _concerned(self, tx: Transaction, finding: Finding) -> tuple[str, ...]:
        """The artefacts that a finding may be about, the closest first."""
        if finding.kind is AlertKind.FRESHNESS:
            rows = await tx.freshness.of(simulated=finding.simulated)
            told = [one for row in rows if row.source == finding.entity for one in row.late(self._clock())]
            return (f"source:{finding.entity}", *(f"dataset:{one.dataset or 'facts'}" for one in told), "dataset:facts")
        if finding.kind is AlertKind.GOVERNANCE:
            return ("policy:people.cedar",)
        if finding.kind is AlertKind.DIVERGENCE:
            return ("dataset:product",)
        kpi = finding.kpi
        return (f"kpi:{kpi}", f"feature:{kpi}", f"model:{kpi}", "model:drift_thresholds")

    async def _role(self, tx: Transaction, artefact: str) -> str:
        """The role that an artefact names; empty where it names none, or is none."""
        kind, _, name = artefact.partition(":")
        if kind == "kpi":
            return self._kpis.get(name, "")
        if kind == "feature":
            return self._features[name].owner if name in self._features else ""
        if kind == "dataset":
            return _datasets().get(artefact, "")
        if kind == "role":
            return name
        return (await self._roles(tx)).get(artefact, "")

    async def _texts(self, tx: Transaction) -> Mapping[str, str]:
        """Of the rules in force; none where they cannot be trusted, which is said elsewhere."""
        try:
            return (await self._rulebook.of(tx)).texts
        except RulesUntrusted:
            return {}

    async def _roles(self, tx: Transaction) -> dict[str, str]:
        """Artefact → role, of all there are."""
        found = {f"kpi:{name}": owner for name, owner in self._kpis.items()}
        found |= {f"feature:{name}": one.owner for name, one in self._features.items()}
        found |= _datasets()
        # Of several versions the newest says.
        models = sorted(await tx.models.versions(), key=lambda one: one.version)
        found |= {f"model:{one.name}": one.owner for one in models}
        texts = await self._texts(tx)
        found |= {
            f"policy:{name}": _role_in(name, text) for name, text in texts.items() if _POLICY_TEXT.fullmatch(name)
        }
        for simulated in (False, True):
            for source in await tx.freshness.of(simulated=simulated):
                first = next((one.owner for one in source.datasets), FACTS_OWNER)
                found.setdefault(f"source:{source.source}", first)
        return found


def unowned(listed: Iterable[Answerable]) -> tuple[str, ...]:
    """The artefacts that name no role and have nobody named for them."""
    return tuple(one.artefact for one in listed if not one.role and not one.people)


def unheld(listed: Iterable[Answerable]) -> dict[str, int]:
    """Role that nobody active holds → how many artefacts have nobody because of it."""
    found: dict[str, int] = {}
    for one in listed:
        if one.role and not one.people:
            found[one.role] = found.get(one.role, 0) + 1
    return dict(sorted(found.items()))


def _about(finding: Finding) -> tuple[object, ...]:
    """Findings that are alike in this have the same people."""
    source = finding.entity if finding.kind is AlertKind.FRESHNESS else ""
    return finding.kind, finding.kpi, source, finding.simulated


def _answerable(artefact: str, role: str, named: Mapping[str, Ownership], people: Iterable[Person]) -> Answerable:
    active = {one.id: one for one in people if one.active}
    own = named.get(artefact)
    if own is not None and own.person in active:
        return Answerable(artefact=artefact, role=role, people=(active[own.person],), named=True)
    of_role = named.get(f"role:{role}")
    if of_role is not None and of_role.person in active:
        return Answerable(artefact=artefact, role=role, people=(active[of_role.person],))
    # A team's own definitions may name a person where others name a role.
    wanted = role.casefold()
    holders = tuple(one for one in active.values() if wanted and (wanted in one.duties or wanted == one.id))
    return Answerable(artefact=artefact, role=role, people=holders)


def _datasets() -> dict[str, str]:
    return {"dataset:facts": FACTS_OWNER, **{f"dataset:{name}": one.owner for name, one in BY_DATASET.items()}}


def _role_in(name: str, text: str) -> str:
    """As in a comment `// Owner: finance` of a policy, or `# Owner: finance` of limits and calendar."""
    told = _HEADER.search(text)
    return told["role"].strip() if told else _OF_RULES.get(name, "")


def _who(one: Answerable) -> str:
    if one.named:
        return f"{one.names} answers for it"
    return f"{one.names} ({one.role})" if one.people else one.names
