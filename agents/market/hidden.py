"""Reading the hidden world back from the truth's file."""

from dataclasses import dataclass

from agents.market.requests import MarketMissing
from agents.market.scenarios import Scenario, Trouble
from agents.market.world import World
from storage.market_ledger.hidden import TruthBook


@dataclass(frozen=True, slots=True)
class Hidden:
    """What nobody inside the world knows."""

    world: World
    trouble: Trouble


async def hidden_world(book: TruthBook) -> Hidden:
    """The world and its trouble; raises MarketMissing where there is none."""
    row = await book.world()
    if row is None:
        raise MarketMissing("this home holds no simulated market yet: start it with `countersign up`")
    trouble = Trouble(Scenario(row.scenario), row.scenario_first, row.scenario_last)
    return Hidden(World.model_validate_json(row.parameters), trouble)
