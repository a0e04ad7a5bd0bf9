"""Amend: other rules are a plan, with what they would have said of past decisions, and are approved like any other."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.governance.calendar_text import CalendarInvalid
from agents.governance.facts import Facts
from agents.governance.limits_text import LimitsInvalid
from agents.governance.loading import PoliciesInvalid
from agents.governance.policy_tests import run_policy_tests
from agents.governance.rules import Act, Rules
from agents.governance.what_if import count
from agents.lifecycle.link import link_plan
from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.rules.enact import Rulebook, edition_of, sound
from agents.lifecycle.rules.texts import Shelf
from agents.lifecycle.states import UNDECIDED, ask_for_review
from storage.ledger import Ledger, Transaction
from storage.records.lineage import SEALED
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Change, Evidence, Plan, PlanKind, PlanStatus, Resource
from storage.records.policies import Edition, Impact, is_file_name, value_of_texts
from storage.records.record import Record, digest_of
from storage.records.verdicts import Outcome

AGENT = "rules"
"""The name under which changes of the rules are proposed; no agent, whoever it is, proposes one."""
VERSION = "1"
LAST = 1000
"""Past decisions that a proposal is tried on."""
MOST = 20_000

Texts = Mapping[str, str | None]
"""Texts by file name; None takes a file of the team's out of force."""
_SHIFTS_NAMED = 4


class Unamendable(Record):
    """Why these texts cannot become the rules, each with file, policy and what to do."""

    problems: tuple[str, ...]

    @property
    def words(self) -> str:
        return "; ".join(self.problems)


@dataclass(frozen=True)
class Trial:
    """Rules as they are and as they would be."""

    held: Edition
    now: Rules
    wanted: Texts
    """Only the files that differ; None where one would be gone."""
    then: Rules
    edition: Edition


class Amender:
    """Tries other texts, counts what they would change, and files them as a plan."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        product: Shelf,
        reviewer: Reviewer,
        clock: Callable[[], datetime],
        sound: Callable[[Edition], Rules] = sound,
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._product = product
        self._reviewer = reviewer
        self._sound = sound
        self._clock = clock

    async def try_out(self, files: Texts, *, tested: bool = True) -> Trial | Unamendable:
        """The rules with these texts in place of those in force, if they load and, unless told, pass their tests."""
        async with self._ledger.read() as tx:
            held, now = await self._rulebook.edition(tx), await self._rulebook.of(tx)
        wanted = self._wanted(held, files)
        if isinstance(wanted, Unamendable):
            return wanted
        return await asyncio.to_thread(self._trial, held, now, wanted, tested=tested)

    async def what_if(self, files: Texts, *, last: int = LAST) -> Impact | Unamendable:
        """What rules with these texts would have said of the newest `last` decisions; changes nothing."""
        trial = await self.try_out(files, tested=False)
        return trial if isinstance(trial, Unamendable) else await self._impact(trial, last=last)

    async def propose(self, files: Texts, person: Person, *, via: str, last: int = LAST) -> PlanStatus | Unamendable:
        """File the texts as a plan that waits for the people whom the rules in force ask.

        The same change already proposed and still undecided is returned as it is.
        """
        async with self._ledger.read() as tx:
            permission = (await self._rulebook.of(tx)).may(person, Act.AMEND)
        if not permission.allowed:
            return Unamendable(problems=(permission.reason,))
        trial = await self.try_out(files)
        if isinstance(trial, Unamendable):
            return trial
        impact = await self._impact(trial, last=last)
        now = self._clock()
        async with self._ledger.write() as tx:
            plan = _plan(await tx.plans.new_id(), trial, impact, person, now=now)
            locked = await _locked_out(tx, trial.then, plan, person, now=now)
            if locked is not None:
                return locked
            open_one = await _same_and_open(tx, plan)
            if open_one is not None:
                return open_one
            await _store(tx, plan, trial, impact, via=via)
        return await self._reviewer.review(plan.id)

    async def _impact(self, trial: Trial, *, last: int) -> Impact:
        async with self._ledger.read() as tx:
            rows = await tx.approvals.judged(min(last, MOST))
        return await asyncio.to_thread(count, rows, now=trial.now, then=trial.then)

    def _wanted(self, held: Edition, files: Texts) -> Texts | Unamendable:
        """The files that would differ; taking out a text that replaces a shipped one puts the shipped one back."""
        problems = [f"{name}: the rules have no file of that name" for name in sorted(files) if not is_file_name(name)]
        texts = held.texts
        wanted = {
            name: self._product.shipped.get(name) if text is None else text
            for name, text in files.items()
            if text != texts.get(name)
        }
        problems += [
            f"{name}: came with the product; replace its text instead of removing it"
            for name in sorted(files)
            if name in self._product.shipped and files[name] is None and not _own(held, name)
        ]
        differing = {name: text for name, text in sorted(wanted.items()) if text != texts.get(name)}
        if not problems and not differing:
            problems.append("these texts are in force already: nothing would change")
        return Unamendable(problems=tuple(problems)) if problems else differing

    def _trial(self, held: Edition, now: Rules, wanted: Texts, *, tested: bool) -> Trial | Unamendable:
        texts = {name: text for name, text in {**held.texts, **wanted}.items() if text is not None}
        edition = edition_of(texts, self._product, held=held, because="a proposal", now=self._clock())
        try:
            then = self._sound(edition)
        except PoliciesInvalid as error:
            return Unamendable(problems=error.problems)
        except (LimitsInvalid, CalendarInvalid) as error:
            return Unamendable(problems=(str(error),))
        failing = run_policy_tests(then).problems if tested else ()
        if failing:
            return Unamendable(problems=failing)
        return Trial(held=held, now=now, wanted=wanted, then=then, edition=edition)


def _own(held: Edition, name: str) -> bool:
    file = held.file(name)
    return file is not None and file.own


async def _locked_out(tx: Transaction, then: Rules, plan: Plan, person: Person, *, now: datetime) -> Unamendable | None:
    """Rules that nobody here could change again are refused: no approval would bring them back."""
    people = await tx.people.all()
    if not any(then.may(one, Act.AMEND).allowed for one in people) or not any(
        then.may(one, Act.APPROVE).allowed for one in people
    ):
        return Unamendable(problems=("with these rules nobody here could propose or approve other rules again",))
    facts = Facts(now=now, campaigns=(), data_age_days=None, data_sla_days=0, requester=person)
    verdict = then.judge(plan, facts)
    if verdict.outcome is Outcome.REFUSED:
        reasons = "; ".join(reason.text for reason in verdict.reasons)
        return Unamendable(problems=(f"these rules would refuse every change of the rules ({reasons})",))
    return None


async def _same_and_open(tx: Transaction, plan: Plan) -> PlanStatus | None:
    wanted = plan.changes[0]
    for status in await tx.plans.in_states(*UNDECIDED):
        held = status.plan.changes[0]
        if status.plan.kind is PlanKind.POLICY and (held.after, held.expected_version) == (
            wanted.after,
            wanted.expected_version,
        ):
            return status
    return None


def _plan(plan_id: str, trial: Trial, impact: Impact, person: Person, *, now: datetime) -> Plan:
    names, calendar = ", ".join(trial.wanted), trial.now.calendar
    texts = trial.held.texts
    before = value_of_texts({name: texts.get(name) for name in trial.wanted})
    change = Change(
        id="c1",
        resource=Resource(channel="policies", kind="policy", id="edition", name=names),
        field="text",
        before=before,
        after=value_of_texts(trial.wanted),
        unit="text",
        expected_version=digest_of(before),
    )
    return Plan(
        id=plan_id,
        kind=PlanKind.POLICY,
        title=f"Change the rules: {names}",
        why=(f"{person.name} asked for it.", *impact_words(impact)),
        agent=AGENT,
        agent_version=VERSION,
        requested_by=person.id,
        changes=(change,),
        evidence=(
            Evidence(id=f"person:{person.id}", label=f"request by {person.name}"),
            Evidence(
                id=f"edition:{trial.held.number}", label=f"edition {trial.held.number} of the rules, in force now"
            ),
        ),
        money_at_risk=Money(minor=0, currency=min(trial.now.limits.currencies) if trial.now.limits else "GBP"),
        irreversible=("What is decided under the other rules stays decided.",),
        created_at=now,
        expires_at=calendar.add(now, calendar.expire_after_minutes),
        data_day=now.date(),
        simulated=False,
        versions={"rules": trial.edition.version},
    )


def impact_words(impact: Impact) -> tuple[str, ...]:
    """What other rules would have said of past decisions, as lines for people; numbers and plan ids alone."""
    if not impact.judged:
        return ("No past decision is there to try the new rules on.",)
    past = "the last decision" if impact.judged == 1 else f"the last {impact.judged} decisions"
    if not impact.changed:
        return (f"Nothing would have come out differently in {past}.",)
    lines = [f"Of {past} {impact.changed} would have come out differently."]
    for shift in impact.shifts[:_SHIFTS_NAMED]:
        money = f", {shift.at_risk} at risk in them" if shift.at_risk is not None and shift.at_risk.minor else ""
        lines.append(f"{shift.count} × {shift.before} → {shift.after}{money}; such as {shift.examples[0]}.")
    rest = sum(shift.count for shift in impact.shifts[_SHIFTS_NAMED:])
    return (*lines, f"{rest} in other ways.") if rest else tuple(lines)


async def _store(tx: Transaction, plan: Plan, trial: Trial, impact: Impact, *, via: str) -> None:
    await tx.plans.add(plan, now=plan.created_at)
    await tx.policies.keep_impact(plan.id, impact)
    await ask_for_review(tx, await known_plan(tx, plan.id))
    told = {
        "plan.proposed": {
            "revision": plan.revision,
            "digest": plan.digest,
            "title": plan.title,
            "agent": plan.agent,
            "agent_version": plan.agent_version,
            "versions": plan.versions,
            "evidence": [one.id for one in plan.evidence],
            SEALED: await link_plan(tx, plan),
        },
        "policy.proposed": {
            "via": via,
            "files": list(trial.wanted),
            "from_version": trial.held.version,
            "to_version": trial.edition.version,
            "judged": impact.judged,
            "changed": impact.changed,
        },
    }
    for action, facts in told.items():
        await tx.audit.append(
            at=plan.created_at, actor=f"person:{plan.requested_by}", action=action, subject=plan.id, facts=facts
        )
