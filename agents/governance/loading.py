"""Loading policies: parse, lint, derive the approval clauses from the annotations, check against the schema.

An author writes `forbid … when` with `@requires` and the loader adds the `unless`, so the two cannot drift
apart. A set with any problem is refused whole: Cedar skips a rule that fails, and opens what it guards.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import cedarpy

from agents.governance.policy import Policy, approvals_clause, lint
from storage.records.record import Record

SHIPPED = Path(__file__).parent / "policies"
_SCHEMA = "schema.cedarschema"


class PoliciesInvalid(ValueError):
    """Raised when a set of policies cannot be trusted; `problems` says what is wrong where, all at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("policies refused:\n" + "\n".join(f"- {problem}" for problem in problems))
        self.problems = problems


class PolicyText(Record):
    """One file of policies."""

    file: str
    text: str


class PolicySet:
    """Policies that passed every check, parsed once, ready to be asked."""

    def __init__(
        self, policies: tuple[Policy, ...], *, version: str, parsed: cedarpy.PolicySet, schema: cedarpy.Schema
    ) -> None:
        self.policies = policies
        self.by_id = {policy.id: policy for policy in policies}
        self.version = version
        """sha256 of schema, NUL, and the policy texts in order."""
        self.parsed = parsed
        self.schema = schema


def read_policies(folder: Path = SHIPPED) -> PolicySet:
    """Load every *.cedar file of a folder, in order of name, with its schema. Raises PoliciesInvalid."""
    files = sorted(folder.glob("*.cedar"))
    schema = folder / _SCHEMA
    if not files or not schema.exists():
        raise PoliciesInvalid((f"{folder}: needs {_SCHEMA} and at least one .cedar file; restore them",))
    texts = tuple(PolicyText(file=file.name, text=file.read_text(encoding="utf-8")) for file in files)
    return parse_policies(texts, schema=schema.read_text(encoding="utf-8"))


def parse_policies(texts: tuple[PolicyText, ...], *, schema: str) -> PolicySet:
    """Check and parse policy texts. Raises PoliciesInvalid with every problem found."""
    try:
        parsed_schema = cedarpy.Schema.from_str(schema)
    except ValueError as error:
        raise PoliciesInvalid((f"{_SCHEMA}: {error}",)) from error
    policies, rules = _lint_all(texts)
    document = json.dumps({"staticPolicies": rules, "templates": {}, "templateLinks": []})
    _validate(document, parsed_schema)
    return PolicySet(
        policies,
        version=version_of(texts, schema=schema),
        parsed=cedarpy.PolicySet.from_json_str(document),
        schema=parsed_schema,
    )


def version_of(texts: tuple[PolicyText, ...], *, schema: str) -> str:
    joined = "\n".join(item.text for item in texts)
    return hashlib.sha256(f"{schema}\0{joined}".encode()).hexdigest()


def _lint_all(texts: tuple[PolicyText, ...]) -> tuple[tuple[Policy, ...], dict[str, Any]]:
    policies: list[Policy] = []
    rules: dict[str, Any] = {}
    problems: list[str] = []
    for item in texts:
        try:
            document = json.loads(cedarpy.policies_to_json_str(item.text))
        except ValueError as error:
            problems.append(f"{item.file}: cannot be parsed: {error}")
            continue
        if document.get("templates"):
            problems.append(f"{item.file}: holds a template (?principal or ?resource); write the policy out")
        for rule in document["staticPolicies"].values():
            policy, found = lint(rule, file=item.file)
            problems += found
            if policy is None:
                continue
            if policy.id in rules:
                problems.append(f"{item.file}: {policy.id}: @id is used twice; every policy needs its own")
            policies.append(policy)
            rules[policy.id] = _with_clause(rule, policy)
    if problems:
        raise PoliciesInvalid(tuple(problems))
    return tuple(policies), rules


def _with_clause(rule: dict[str, Any], policy: Policy) -> dict[str, Any]:
    if not policy.requires:
        return rule
    clause = {"kind": "unless", "body": approvals_clause(policy)}
    return {**rule, "conditions": [*rule["conditions"], clause]}


def _validate(document: str, schema: cedarpy.Schema) -> None:
    text = cedarpy.policies_from_json_str(document)
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        names = result.id_annotations_by_policy_id
        raise PoliciesInvalid(
            tuple(f"{names.get(item.policy_id, item.policy_id)}: {item.error}" for item in result.errors)
        )
