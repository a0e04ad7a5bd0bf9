"""Who answers for what: roles stand on artefacts, and people hold roles or single artefacts."""

from storage.records.people import Person
from storage.records.record import Record, UtcDatetime


class Ownership(Record):
    """One person, named by somebody to answer for one artefact or for all that a role answers for."""

    artefact: str
    """`kind:name`, such as `dataset:order`, `kpi:roas`, `feature:roas_28d`, `model:kpis`, `policy:caps.cedar`,
    `source:hubspot`, or `role:sales`."""
    person: str
    set_by: str
    set_at: UtcDatetime


class Answerable(Record):
    """Who answers for an artefact as of now."""

    artefact: str
    role: str
    """What the artefact itself says; empty where it names none."""
    people: tuple[Person, ...]
    """Active ones; those named for just this artefact stand alone, else all who hold the role."""
    named: bool = False
    """Whether somebody was named for just this artefact."""

    @property
    def names(self) -> str:
        """For people: "Ada Novak and Carla Mendes", or the role that nobody holds."""
        if not self.people:
            return f"nobody holds the role {self.role}" if self.role else "nobody"
        *most, last = [one.name for one in self.people]
        return f"{', '.join(most)} and {last}" if most else last
