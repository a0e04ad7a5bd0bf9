"""Who answers a question: Cedar itself wherever something is decided; anything else only to look at many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import cedarpy

from agents.governance.approvals import Approvals


class Answer(NamedTuple):
    """One decision. Nothing is allowed beside an error, whatever the reasons say."""

    allowed: bool
    reasons: tuple[str, ...]
    """Ids of policies: every forbid that fired, or on an allow every permit."""
    errors: bool
    """A policy erred, or the question does not fit the schema."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request to Cedar; the words that a policy's text may need are made only if it fires."""

    principal: dict[str, str]
    action: str
    resource: dict[str, str]
    context: dict[str, Any]
    words: Callable[[], dict[str, str]]

    def context_with(self, approvals: Approvals | None) -> dict[str, Any]:
        """The context; a question about a plan carries the approvals given."""
        if approvals is None:
            return self.context
        given = {"roles": sorted(approvals.roles), "distinct": approvals.distinct}
        return {**self.context, "approvals": given}

    def request(self, approvals: Approvals | None = None) -> dict[str, Any]:
        """As cedarpy takes it."""
        return {
            "principal": self.principal,
            "action": {"type": "Action", "id": self.action},
            "resource": self.resource,
            "context": self.context_with(approvals),
        }


class Engine(Protocol):
    """Answers questions about the same entities, one answer a question, in order."""

    def ask(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals | None
    ) -> Sequence[Answer]: ...


class Cedar:
    """The authority: cedarpy, with the schema beside every request."""

    def __init__(self, parsed: cedarpy.PolicySet, schema: cedarpy.Schema) -> None:
        self._parsed = parsed
        self._schema = schema

    def ask(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals | None
    ) -> Sequence[Answer]:
        requests = [question.request(approvals) for question in questions]
        results = cedarpy.is_authorized_batch(requests, self._parsed, entities, self._schema)
        return [_answer(result) for result in results]


def _answer(result: cedarpy.AuthzResult) -> Answer:
    return Answer(
        allowed=result.allowed,
        reasons=tuple(sorted(result.diagnostics.reasons)),
        errors=bool(result.diagnostics.errors) or result.decision is cedarpy.Decision.NoDecision,
    )
