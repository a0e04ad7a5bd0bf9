"""Briefs of the small world, with fixed defaults."""

from agents.team.brief import Brief, Limits
from storage.records.money import Money
from storage.records.plans import Evidence
from tests.unit.agents.drift.world import World

DAY = 84


def brief_of(world: World, *, day: int = DAY, versions: int = 8, **facts) -> Brief:
    defaults = {
        "campaigns": world.states(day),
        "facts": world.frame(day, versions=min(versions, day)),
        "data_day": world.day_of(day),
        "restatement_days": 14,
        "currency": "GBP",
        "limits": limits(),
        "evidence": (Evidence(id=f"load:load-{day}", label="sandbox, 84 days"),),
        "seed": 7,
    }
    return Brief(**defaults | facts)


def limits(**facts) -> Limits:
    return Limits(**{"min_budget": Money.of(10, "GBP")} | facts)
