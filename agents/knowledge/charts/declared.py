"""What people say themselves in knowledge.yml, because no export says it: whom a campaign addresses, what it pushes.

campaigns:
  "Newsletter · weekly edit":          # its name, or its id
    addresses: {subscribers: 1}        # audience: messages a week
    promotes: [SKU-77, Lighting]       # products by id, else categories
    keywords: [desk lamp]
    brands: [Acme]                     # names that it bids for
    markets: [UK]
    owner: olivia
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.graph import NodeRef
from storage.records.record import Record

SOURCE = "knowledge.yml"


class DeclarationInvalid(ValueError):
    """Raised when knowledge.yml cannot be read; says where."""


class SaidOfCampaign(Record):
    """What is said of one campaign."""

    addresses: dict[str, int] = Field(default_factory=dict)
    promotes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    owner: str = ""


class Declared(Record):
    """The whole file."""

    campaigns: dict[str, SaidOfCampaign] = Field(default_factory=dict)


def read_declared(path: Path) -> Declared:
    """Empty where there is no file. Raises DeclarationInvalid."""
    try:
        said: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Declared.model_validate(said or {})
    except FileNotFoundError:
        return Declared()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationInvalid(f"{path.name}: this is no YAML: {' '.join(str(error).split())[:200]}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = " → ".join(str(part) for part in fault["loc"])
        raise DeclarationInvalid(f"{path.name}: {where}: {fault['msg']}") from None


def chart_declared(
    declared: Declared, campaigns: Mapping[str, NodeRef], products: Mapping[str, NodeRef], *, simulated: bool
) -> tuple[tuple[Update, ...], tuple[str, ...]]:
    """Statements, and the names of campaigns that nobody knows (yet)."""
    sheet, unknown = Sheet(SOURCE), []
    for name, said in declared.campaigns.items():
        campaign = campaigns.get(things.folded(name))
        if campaign is None:
            unknown.append(name)
            continue
        _campaign(sheet, campaign, said, products, simulated=simulated)
    return sheet.updates, tuple(unknown)


def _campaign(
    sheet: Sheet, campaign: NodeRef, said: SaidOfCampaign, products: Mapping[str, NodeRef], *, simulated: bool
) -> None:
    for audience, often in said.addresses.items():
        ref = sheet.node(things.audience("people", audience), audience)
        sheet.edge(campaign, "addresses", ref, contacts_per_week=often)
    for pushed in said.promotes:
        thing = products.get(things.folded(pushed))
        if thing is None:
            thing = sheet.node(things.category(pushed, simulated=simulated), pushed)
        sheet.edge(campaign, "promotes", thing)
    places = _markets(sheet, said.markets, simulated=simulated)
    for place in places:
        sheet.edge(campaign, "in_market", place)
    everywhere = things.market(things.EVERYWHERE, simulated=simulated)
    for keyword in said.keywords:
        for place in places or [sheet.node(everywhere, things.EVERYWHERE)]:
            sheet.edge(campaign, "bids_on", place, keyword=things.folded(keyword))
    for name in said.brands:
        brand = sheet.node(things.brand(name, simulated=simulated), name)
        sheet.edge(campaign, "bids_on", brand, keyword=things.folded(name))
    if said.owner:
        owner = sheet.node(things.owner(said.owner), said.owner)
        sheet.edge(campaign, "owned_by", owner)


def _markets(sheet: Sheet, names: Iterable[str], *, simulated: bool) -> list[NodeRef]:
    return [sheet.node(things.market(name, simulated=simulated), name) for name in names]
