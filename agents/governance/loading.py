"""Loading policies: parse, lint, derive clauses from the annotations, check against the schema.

An author writes `forbid … when` with `@requires` and the loader adds the `unless`, so the two cannot drift
apart. A set with any problem is refused whole: Cedar skips a rule that fails, and opens what it guards.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import cedarpy

from agents.governance.policy import Policy, clauses, lint
from storage.records.policies import SCHEMA, PolicyFile

SHIPPED = Path(__file__).parent / "policies"
POLICIES = ".cedar"
TESTS = ".test.yml"


class PoliciesInvalid(ValueError):
    """Raised when a set of policies cannot be trusted; `problems` says what is wrong where, all at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("policies refused:\n" + "\n".join(f"- {problem}" for problem in problems))
        self.problems = problems


class PolicySet:
    """Policies that passed every check, parsed once, ready to be asked."""

    def __init__(
        self, policies: tuple[Policy, ...], *, rules: dict[str, Any], schema_text: str, schema: cedarpy.Schema
    ) -> None:
        self.policies = policies
        self.by_id = {policy.id: policy for policy in policies}
        self.document = _document(rules)
        """All policies in Cedar's JSON form, with the clauses that the annotations mean."""
        self.parsed = cedarpy.PolicySet.from_json_str(self.document)
        self.schema_text = schema_text
        self.schema = schema
        self._rules = rules

    def only(self, effect: Literal["permit", "forbid"]) -> cedarpy.PolicySet:
        """The permits alone, or the forbids: a forbid that fires hides which permits there are."""
        rules = {name: rule for name, rule in self._rules.items() if rule["effect"] == effect}
        return cedarpy.PolicySet.from_json_str(_document(rules))


def read_files(folder: Path = SHIPPED) -> tuple[PolicyFile, ...]:
    """The schema, policies and tests of a folder, in order of name. Raises PoliciesInvalid for what is no text."""
    names = (*folder.glob(f"*{POLICIES}"), *folder.glob(f"*{TESTS}"), *folder.glob(SCHEMA))
    try:
        return tuple(PolicyFile(name=path.name, text=path.read_text(encoding="utf-8")) for path in sorted(names))
    except (OSError, UnicodeDecodeError) as error:
        raise PoliciesInvalid((f"{folder}: cannot be read as UTF-8 texts: {error}",)) from error


def read_policies(folder: Path = SHIPPED) -> PolicySet:
    """Load every *.cedar file of a folder with its schema. Raises PoliciesInvalid."""
    return parse_policies(read_files(folder), where=str(folder))


def parse_policies(files: Iterable[PolicyFile], *, where: str = "the rules") -> PolicySet:
    """Check and parse policy texts, in order of name. Raises PoliciesInvalid with every problem found."""
    texts = {one.name: one.text for one in sorted(files, key=lambda one: one.name)}
    policies = {name: text for name, text in texts.items() if name.endswith(POLICIES)}
    if not policies or SCHEMA not in texts:
        raise PoliciesInvalid((f"{where}: needs {SCHEMA} and at least one .cedar file; restore them",))
    try:
        schema = cedarpy.Schema.from_str(texts[SCHEMA])
    except ValueError as error:
        raise PoliciesInvalid((f"{SCHEMA}: {error}",)) from error
    found, rules = _lint_all(policies)
    _validate(_document(rules), schema)
    return PolicySet(found, rules=rules, schema_text=texts[SCHEMA], schema=schema)


def _document(rules: dict[str, Any]) -> str:
    return json.dumps({"staticPolicies": rules, "templates": {}, "templateLinks": []})


def _lint_all(texts: dict[str, str]) -> tuple[tuple[Policy, ...], dict[str, Any]]:
    policies: list[Policy] = []
    rules: dict[str, Any] = {}
    problems: list[str] = []
    for file, text in texts.items():
        try:
            document = json.loads(cedarpy.policies_to_json_str(text))
        except ValueError as error:
            problems.append(f"{file}: cannot be parsed: {error}")
            continue
        if document.get("templates"):
            problems.append(f"{file}: holds a template (?principal or ?resource); write the policy out")
        for rule in document["staticPolicies"].values():
            policy, found = lint(rule, file=file)
            problems += found
            if policy is None:
                continue
            if policy.id in rules:
                problems.append(f"{file}: {policy.id}: @id is used twice; every policy needs its own")
            policies.append(policy)
            rules[policy.id] = {**rule, "conditions": [*rule["conditions"], *clauses(policy)]}
    if problems:
        raise PoliciesInvalid(tuple(problems))
    return tuple(policies), rules


def _validate(document: str, schema: cedarpy.Schema) -> None:
    text = cedarpy.policies_from_json_str(document)
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        names = result.id_annotations_by_policy_id
        raise PoliciesInvalid(
            tuple(f"{names.get(item.policy_id, item.policy_id)}: {item.error}" for item in result.errors)
        )
