"""The home's people.yml: who may do what. The file is the truth; the table follows it at every start."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from storage.records.people import Person, Role

_HEADER = """\
# Who may do what. Roles: viewer, operator (proposes, edits, asks for rollbacks), approver, cmo, admin (configures).
# slack: the person's Slack member id. zone: an IANA time zone. Take a person out, and they lose every right.
# duties: what they answer for, as data, KPIs, features, models and rules name it; `countersign owners` lists it.
"""

_DUTIES = {
    "olivia": {"marketing operations", "performance marketing", "demand generation", "content"},
    "aaron": {"e-commerce", "shop", "product"},
    "carla": {"finance", "sales", "support", "marketing ai architect"},
    "ada": {"data engineer", "marketing analytics"},
}


def _demo(person_id: str, name: str, role: Role) -> Person:
    slack_id, duties = f"U00{person_id.upper()}", frozenset(_DUTIES.get(person_id, ()))
    return Person(id=person_id, name=name, roles=frozenset({role}), slack_id=slack_id, duties=duties)


DEMO = (
    _demo("olivia", "Olivia Reed", Role.OPERATOR),
    _demo("aaron", "Aaron Blake", Role.APPROVER),
    _demo("carla", "Carla Mendes", Role.CMO),
    _demo("victor", "Victor Hale", Role.VIEWER),
    _demo("ada", "Ada Novak", Role.ADMIN),
)
"""The people of the local workspace; a newcomer acts as each of them in turn."""


class PeopleInvalid(ValueError):
    """Raised when people.yml cannot be read; says where and what to write instead."""


def load_people(path: Path) -> tuple[Person, ...]:
    """The people of the file, or the demo's where there is none; a missing file is written with them first."""
    if not path.exists():
        path.write_text(dump_people(DEMO), encoding="utf-8")
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise PeopleInvalid(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PeopleInvalid(f"{path}:{mark.line + 1 if mark else 1}: not YAML; see the example in README.md") from None
    if not isinstance(listed, dict) or not isinstance(listed.get("people"), dict):
        raise PeopleInvalid(f"{path}: needs a `people:` mapping of id to name, roles, slack and zone")
    return tuple(_person(path, str(person_id), entry) for person_id, entry in listed["people"].items())


def dump_people(people: tuple[Person, ...]) -> str:
    """The text of a people.yml that reads back as the same people."""
    entries = {
        one.id: {"name": one.name, "roles": sorted(one.roles), "slack": one.slack_id, "zone": one.zone}
        | {key: sorted(listed) for key, listed in (("duties", one.duties), ("owns", one.owns)) if listed}
        | ({} if one.active else {"active": False})
        for one in people
    }
    plain: dict[str, Any] = {
        "people": {key: {k: _plain(v) for k, v in entry.items()} for key, entry in entries.items()}
    }
    return _HEADER + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, list) else value


def _person(path: Path, person_id: str, entry: Any) -> Person:
    if not isinstance(entry, dict):
        raise PeopleInvalid(f"{path}: people.{person_id} needs name, roles, slack and zone")
    unknown = set(entry) - {"name", "roles", "slack", "zone", "duties", "owns", "active"}
    if unknown:
        keys = "name, roles, slack, zone, duties, owns"
        raise PeopleInvalid(f"{path}: people.{person_id}.{min(unknown)} is unknown; use {keys}")
    if "roles" not in entry:
        raise PeopleInvalid(f"{path}: people.{person_id}.roles is missing")
    try:
        return Person(
            id=person_id,
            name=entry.get("name") or person_id,
            roles=frozenset(Role(one) for one in entry["roles"]),
            slack_id=entry.get("slack"),
            zone=entry.get("zone", "Europe/London"),
            active=entry.get("active", True),
            duties=frozenset(str(one).strip().casefold() for one in _listed(entry, "duties")),
            owns=frozenset(str(one) for one in _listed(entry, "owns")),
        )
    except (ValueError, TypeError, LookupError) as error:  # a zone that is not known is a LookupError
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise PeopleInvalid(f"{path}: people.{person_id}: {what}") from None


def _listed(entry: dict[str, Any], key: str) -> list[Any]:
    """Raises ValueError for anything but a list."""
    value = entry.get(key)
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{key}: write a list of names in brackets")
    return value or []
