"""An artefact that decisions are made with: a model's settings, KPI or feature definitions, a prompt, rules."""

from enum import StrEnum

from pydantic import Field

from storage.records.record import Record, UtcDatetime


class ArtefactKind(StrEnum):
    SETTINGS = "settings"
    """Numbers that an agent or a detector works with; the version in production is the one that is read."""
    DEFINITIONS = "definitions"
    """KPIs or features as this release ships them."""
    MODEL = "model"
    """Code or weights, named by their hash."""
    PROMPT = "prompt"


class Stage(StrEnum):
    REGISTERED = "registered"
    PRODUCTION = "production"
    """One version of a name at a time."""


class ModelVersion(Record):
    """One version of an artefact, never changed once it is registered."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    version: int
    kind: ArtefactKind
    sha256: str
    """Of the content: equal content is the same version."""
    content: str
    """The artefact itself as text, so that any version can be worked with again."""
    owner: str
    about: str = ""
    """What it is or what is new in it, for people."""
    data_versions: dict[str, str] = Field(default_factory=dict)
    """What it was made from, such as `facts` → `facts@41`."""
    evaluations: dict[str, str] = Field(default_factory=dict)
    """Measure → result with unit and the data it was taken on."""
    registered_at: UtcDatetime
    registered_by: str
    """`person:…` or `release`."""

    @property
    def id(self) -> str:
        """Its id in lineage: `model:drift_thresholds@3`."""
        return f"model:{self.name}@{self.version}"


class StageEvent(Record):
    """One move of a version into a stage; the newest move into production says what is used."""

    name: str
    version: int
    stage: Stage
    at: UtcDatetime
    by: str
    """Who asked for it."""
    approved_by: str = ""
    """Who agreed; empty for what a release ships."""
    note: str = ""
