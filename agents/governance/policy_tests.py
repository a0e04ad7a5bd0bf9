"""Policy tests: for every policy at least one case in which it fires and one in which it keeps still.

A policy that can never fire passes every other check. The cases are YAML beside the .cedar files, each changing one
thing of the small world in `policy_world`:

    daily-cap:
      fires:  {change: {news: 100 to 110}, limits: {daily_cap: 309}}
      silent: {change: {news: 100 to 110}, limits: {daily_cap: 310}}
"""

from collections.abc import Sequence
from typing import Any

from agents.governance.approvals import Approvals
from agents.governance.calendar_text import CalendarInvalid
from agents.governance.engine import Answer, Cedar, Question
from agents.governance.limits_text import LimitsInvalid
from agents.governance.loading import TESTS
from agents.governance.measuring import situation_of
from agents.governance.policy_world import World, person
from agents.governance.questions import entities_of, questions_of
from agents.governance.rules import Act, Rules, Standing, person_entities, person_question
from agents.governance.written import CaseInvalid, Written, as_map, mapping, only, read_written, text, texts, yes
from storage.records.people import Person
from storage.records.plans import Plan, PlanKind
from storage.records.policies import Edition
from storage.records.record import Record

_EXPECTED = {"fires": True, "silent": False}
_WORDS = {True: "it fires", False: "it keeps still"}
_PERSON_KEYS = ("case", "who", "does", "on", "active", "standing")
_STANDINGS = tuple(Standing.model_fields)


class PolicyReport(Record):
    """What the tests of a set of policies say."""

    policies: int
    cases: int
    problems: tuple[str, ...] = ()
    """Every case that came out differently or cannot be read, and every policy that lacks one; for people."""

    @property
    def passed(self) -> bool:
        return not self.problems


def run_policy_tests(rules: Rules) -> PolicyReport:
    """Run the tests that are among the texts of these rules; their limits and calendar play no part."""
    run = _Run(rules)
    for file, document in sorted(rules.texts.items()):
        if file.endswith(TESTS):
            run.file(file, document)
    return run.report()


def problems_of(edition: Edition) -> tuple[str, ...]:
    """What keeps the policies of an edition from passing their tests; empty where they pass.

    Raises PoliciesInvalid where they are no policies at all.
    """
    return run_policy_tests(Rules(edition.files)).problems


class _Run:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        loaded = rules.loaded
        self._all = Cedar(loaded.parsed, loaded.schema)
        # A forbid that fires hides which permits there are, so these are asked alone.
        self._permits = Cedar(loaded.only("permit"), loaded.schema)
        self._known = loaded.by_id
        self._tried: set[tuple[str, bool]] = set()
        self._cases = 0
        self._problems: list[str] = []

    def report(self) -> PolicyReport:
        lacking = [
            f"{policy.file}: {policy.id} has no case in which {_WORDS[fires]}"
            for policy in self._rules.policies
            for fires in (True, False)
            if (policy.id, fires) not in self._tried
        ]
        problems = (*self._problems, *lacking)
        return PolicyReport(policies=len(self._known), cases=self._cases, problems=problems)

    def file(self, file: str, document: str) -> None:
        try:
            written = read_written(document)
        except CaseInvalid as error:
            self._problems.append(f"{file}: {error}")
            return
        for policy, cases in written.items():
            if policy not in self._known:
                self._problems.append(f"{file}: there is no policy {policy}; remove its cases, or correct its name")
                continue
            try:
                only(as_map(cases), tuple(_EXPECTED))
            except CaseInvalid as error:
                self._problems.append(f"{file}: {policy}: {error}")
                continue
            for key, fires in _EXPECTED.items():
                listed = cases.get(key, [])
                each = listed if isinstance(listed, list) else [listed]
                for number, case in enumerate(each, start=1):
                    self._case(f"{file}: {policy}: {key} {number}", policy, case, fires=fires)

    def _case(self, where: str, policy: str, case: Any, *, fires: bool) -> None:
        self._cases += 1
        self._tried.add((policy, fires))
        try:
            answers = self._answers(policy, as_map(case))
        except (CaseInvalid, LimitsInvalid, CalendarInvalid) as error:
            self._problems.append(f"{where}: {error}")
            return
        if any(answer.errors for answer in answers):
            self._problems.append(f"{where}: the policies cannot be asked about this; correct the schema")
        elif any(policy in answer.reasons for answer in answers) is not fires:
            remark = f" ({case['case']})" if "case" in case else ""
            self._problems.append(f"{where}{remark}: {_WORDS[not fires]}")

    def _answers(self, policy: str, case: Written) -> Sequence[Answer]:
        questions, entities, approvals = _of_person(case) if "does" in case else self._of_plan(case)
        engine = self._permits if self._known[policy].effect == "permit" else self._all
        return engine.ask(questions, entities, approvals)

    def _of_plan(self, case: Written) -> tuple[tuple[Question, ...], list[dict[str, Any]], Approvals]:
        world = World(case, self._rules.texts)
        situation = situation_of(world.plan, world.facts, self._rules.texts)
        if situation.problems:
            raise CaseInvalid("cannot be judged: " + "; ".join(one.text for one in situation.problems))
        questions = questions_of(situation, world.limits, world.calendar, now=world.now)
        return questions, entities_of(situation), Approvals()


def _of_person(case: Written) -> tuple[tuple[Question, ...], list[dict[str, Any]], None]:
    only(case, _PERSON_KEYS)
    who = person(case.get("who", ""), active=yes(case, "active", default=True))
    try:
        act = Act(text(case, "does", ""))
    except ValueError as error:
        raise CaseInvalid(f"nobody {case['does']}; use {', '.join(Act)}") from error
    stands = texts(case.get("standing", ""))
    if not set(stands) <= set(_STANDINGS):
        raise CaseInvalid(f"standing is {', '.join(stands)}; use {', '.join(_STANDINGS)}")
    plan = _plan_on(mapping(case, "on"), who) if "on" in case else None
    standing = Standing(**dict.fromkeys(stands, True))
    return (person_question(who, act, plan, standing),), person_entities(who, plan), None


def _plan_on(written: Written, who: Person) -> Plan:
    """A plan that the person looks at: of some kind, asked for by themselves or by somebody else."""
    only(written, ("kind", "asked_by"))
    plan = World({}, {}).plan
    asker = {"themself": who.id, "somebody else": "else", "nobody": None}
    try:
        kind = PlanKind(text(written, "kind", PlanKind.BUDGET))
        return plan.model_copy(update={"kind": kind, "requested_by": asker[text(written, "asked_by", "nobody")]})
    except (ValueError, KeyError) as error:
        raise CaseInvalid(f"on is of a kind ({', '.join(PlanKind)}), asked_by {', '.join(asker)}") from error
