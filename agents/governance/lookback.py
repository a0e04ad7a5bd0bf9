"""Who answers when thousands of past decisions are asked about: policies compiled to Python, or Cedar itself.

Compiled policies answer many times as fast; whoever relies on them lets Cedar confirm.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import structlog

from agents.governance.approvals import Approvals
from agents.governance.compiled.asking import Fired, Store
from agents.governance.compiled.compiling import compile_policies
from agents.governance.compiled.kinds import NotCompilable
from agents.governance.compiled.values import Uid
from agents.governance.engine import Answer, Cedar, Engine, Question
from agents.governance.rules import Rules
from storage.records.people import Role

log = structlog.get_logger()

NOBODY = Approvals()
_EVERYBODY = Approvals(roles=frozenset(Role), distinct=1_000)


class Lookback(Protocol):
    """Says of questions about the same entities what stands against each, and what permits it, in order."""

    def look(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals
    ) -> Sequence[Fired]: ...


class CompiledRules:
    """Policies as Python."""

    def __init__(self, rules: Rules) -> None:
        """Raises NotCompilable."""
        self._policies = compile_policies(rules.document, rules.schema_text)
        self._read: tuple[list[dict[str, Any]], Store] = ([], self._policies.store([]))

    def look(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals
    ) -> Sequence[Fired]:
        if entities is not self._read[0]:
            self._read = entities, self._policies.store(entities)
        store = self._read[1]
        # What was kept is read as JSON, which holds no half characters.
        return [
            store.fired(_uid(one.principal), ("Action", one.action), _uid(one.resource), one.context_with(approvals))
            for one in questions
        ]


class ByEngine:
    """Another engine, which lets a forbid hide what permits there are: it is asked twice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals
    ) -> Sequence[Fired]:
        """Beside a denial, which no approval takes away, no permit is seen; nor is there any need to."""
        answers = self._engine.ask(questions, entities, approvals)
        if all(answer.allowed or not answer.reasons for answer in answers):
            return [_fired(answer, answer) for answer in answers]
        freed = self._engine.ask(questions, entities, _EVERYBODY)
        return [
            _fired(answer, other if answer.reasons else answer) for answer, other in zip(answers, freed, strict=True)
        ]


def compiled_or_cedar(rules: Rules) -> Lookback:
    """The fast path, or Cedar for policies that it does not know."""
    try:
        return CompiledRules(rules)
    except NotCompilable as error:
        log.info("what_if.by_cedar", because=str(error))
        return cedar(rules)


def cedar(rules: Rules) -> Lookback:
    return ByEngine(Cedar(rules.loaded.parsed, rules.loaded.schema))


def _uid(named: dict[str, str]) -> Uid:
    return named["type"], named["id"]


def _fired(answer: Answer, freed: Answer) -> Fired:
    """`freed` is the answer with everybody's approval, which the gates let pass."""
    return Fired(
        forbids=[] if answer.allowed else list(answer.reasons),
        permits=list(freed.reasons) if freed.allowed else [],
        errors=answer.errors or freed.errors,
    )
