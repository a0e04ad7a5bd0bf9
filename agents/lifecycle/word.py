"""Word: one person's yes, no or never mind, with the right they say it by, as it is stored."""

from dataclasses import dataclass

from agents.governance.approvals import Panel, approvals_counted, counted_roles, newest_words
from agents.governance.rules import Rules
from agents.lifecycle.link import link_decision, versions_of
from storage.ledger import Transaction
from storage.records.audit import Personal
from storage.records.lineage import SEALED
from storage.records.people import Person, Role
from storage.records.plans import Plan, PlanStatus
from storage.records.stops import Glass
from storage.records.verdicts import Answer, Decision


@dataclass(frozen=True)
class Speaker:
    """Somebody who may say something of a plan: the plan, the rules and people of this moment, and their right."""

    status: PlanStatus
    rules: Rules
    panel: Panel
    person: Person
    """With the roles of those whose delegate they are."""
    own: frozenset[Role]
    """Their roles without those."""
    glass: Glass | None

    def says(self, answer: Answer, *, via: str, reason: str = "", gates: tuple[str, ...] = ()) -> Decision:
        """Their word on exactly this revision, at this moment."""
        plan = self.status.plan
        return Decision(
            plan_id=plan.id,
            revision=plan.revision,
            digest=plan.digest,
            answer=answer,
            person_id=self.person.id,
            roles=self.person.roles,
            reason=reason,
            via=via,
            decided_at=self.panel.now,
            policy_version=self.rules.version,
            gates=gates,
            on_behalf_of=self._on_behalf_of(),
            glass=self.glass.id if self.glass else None,
        )

    def _on_behalf_of(self) -> str | None:
        """Whose delegate they are, where that lends them more than they hold themselves."""
        more = self.person.roles - self.own
        lenders = (self.panel.person(lender) for lender in self.panel.lenders(self.person.id))
        return next((one.id for one in lenders if one is not None and one.roles & more), None)


def said_before(made: Decision, decisions: tuple[Decision, ...], plan: Plan, panel: Panel) -> bool:
    """Whether they have approved already, and approving again would count for no more."""
    before = newest_words(plan, decisions).get(made.person_id)
    if before is None or before.answer is not Answer.APPROVE or before.glass != made.glass:
        return False
    counted = approvals_counted(plan, decisions, panel, version=made.policy_version, gates=made.gates)
    mine = next((one.roles for one in counted if one.person_id == made.person_id), frozenset())
    return counted_roles(made.roles) <= mine


async def keep(tx: Transaction, made: Decision) -> None:
    """Store a person's word with what it was made with, in the trail and the lineage, too."""
    plan = await tx.plans.revision(made.plan_id, made.revision)
    assert plan is not None, "nobody speaks of a revision that is not there"
    versions = await versions_of(tx, plan, policy=made.policy_version)
    await tx.approvals.add_decision(made.model_copy(update={"versions": versions}))
    facts: dict[str, object] = {
        "revision": made.revision,
        "digest": made.digest,
        "reason": Personal(made.reason) if made.reason else "",
        "via": made.via,
        "roles": sorted(made.roles),
        "policy_version": made.policy_version,
        "versions": versions,
        SEALED: await link_decision(tx, made),
    }
    special = {"gates": list(made.gates), "on_behalf_of": made.on_behalf_of, "glass": made.glass}
    await tx.audit.append(
        at=made.decided_at,
        actor=f"person:{made.person_id}",
        action=f"plan.{made.answer.value}",
        subject=made.plan_id,
        facts=facts | {name: value for name, value in special.items() if value},
    )
