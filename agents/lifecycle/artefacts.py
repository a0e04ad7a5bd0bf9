"""Artefacts: what this release ships for decisions to be made with, and the settings in production read back."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from agents.drift.thresholds import DEFAULT, Thresholds
from agents.features import definitions as features
from agents.kpis import definitions as kpis
from agents.lifecycle.promote import Artefact
from agents.team.agent import Agent
from agents.team.brief import PlannerSettings
from storage.ledger import Transaction
from storage.records.models import ArtefactKind
from storage.records.record import Record

DRIFT = "drift_thresholds"
PLANNER = "planner_settings"


def shipped(team: tuple[Agent, ...]) -> tuple[Artefact, ...]:
    """Everything of this release that has versions, agents by the hash of their code."""
    return (
        Artefact(
            name=DRIFT,
            kind=ArtefactKind.SETTINGS,
            content=_text(DEFAULT),
            owner=DEFAULT.owner,
            about="When a departure of a KPI is worth a person's attention.",
            normal=_normal(Thresholds),
        ),
        Artefact(
            name=PLANNER,
            kind=ArtefactKind.SETTINGS,
            content=_text(PlannerSettings()),
            owner="performance marketing",
            about="How far the budget planner goes in one plan, and which gain is worth a change.",
            normal=_normal(PlannerSettings),
        ),
        Artefact(
            name="kpis",
            kind=ArtefactKind.DEFINITIONS,
            content=kpis.DEFAULT_PATH.read_text(encoding="utf-8"),
            owner="marketing analytics",
            about="The formula, unit and owner of every KPI.",
        ),
        Artefact(
            name="features",
            kind=ArtefactKind.DEFINITIONS,
            content=features.DEFAULT_PATH.read_text(encoding="utf-8"),
            owner="data engineer",
            about="What is measured about campaigns.",
        ),
        *(_agent(one) for one in team),
    )


async def thresholds_in(tx: Transaction) -> tuple[Thresholds, str | None]:
    """What drift is judged by, and the id of that version; the release's own where nothing was registered yet."""
    used = await tx.models.in_production(DRIFT)
    return (DEFAULT, None) if used is None else (Thresholds.model_validate_json(used.content), used.id)


async def planner_in(tx: Transaction) -> tuple[PlannerSettings, dict[str, str]]:
    """What the planner works with, and what a plan pins of it."""
    used = await tx.models.in_production(PLANNER)
    if used is None:
        return PlannerSettings(), {}
    return PlannerSettings.model_validate_json(used.content), {f"model:{PLANNER}": str(used.version)}


def _agent(agent: Agent) -> Artefact:
    room = Path(__file__).parents[1] / "team"
    code = sha256(b"".join(path.read_bytes() for path in sorted(room.glob("*.py")))).hexdigest()
    return Artefact(
        name=agent.name,
        kind=ArtefactKind.MODEL,
        content=f"{agent.name} version {agent.version}, code sha256 {code}",
        owner="performance marketing",
        about=agent.does,
    )


def _text(settings: Record) -> str:
    return json.dumps(settings.model_dump(mode="json"), indent=1)


def _normal(kind: type[Record]) -> Callable[[str], str]:
    def normal(content: str) -> str:
        try:
            return _text(kind.model_validate_json(content))
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}") from error

    return normal
