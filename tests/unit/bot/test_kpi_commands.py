"""KPIs of business objects and of our own work on the command line: files land, numbers come with where they are from."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agents.kpis.definitions import KpiDefinitionError
from agents.kpis.query import BadKpiQuery
from bot.commands import ingest, kpis, plans
from bot.commands.shell import NEGATIVE
from bot.opening import open_office
from bot.settings import Settings
from tests.unit.bot.test_stops_commands import Shell

ORDERS = (
    "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem sku,Refunded Amount\n"
    "#1,a@x.com,paid,EUR,30.00,2026-02-02 10:00:00 +0100,1,Tee,30.00,T,0\n"
    "#2,b@x.com,{},EUR,50.00,2026-02-03 10:00:00 +0100,1,Mug,50.00,M,{}\n"
)
WEEK = {"first": datetime(2026, 2, 2), "last": datetime(2026, 2, 8)}


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def read(home: Path, path: Path) -> None:
    said = {"mapping": None, "dates": None, "currency": None, "account": "", "accept_schema": False, "json": True}
    await ingest.ingest(paths=[path], home=home, **said)


async def ask(shell: Shell, home: Path, name: str, **said: Any) -> dict[str, Any]:
    plain = {"by": None, "where": [], "first": None, "last": None, "as_of": None, "currency": None, "json": True}
    await shell(kpis.kpi(name=name, home=home, **{**plain, **said}))
    return shell.document()


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return path


async def test_orders_land_and_are_asked_for_with_a_refund_that_came_later(home: Path, tmp_path: Path, shell: Shell):
    await read(home, written(tmp_path, ORDERS.format("paid", "0")))
    first = await ask(shell, home, "store_revenue", **WEEK)
    assert (first["value"], first["currency"], first["simulated"]) == ("80.00", "EUR", False)
    assert first["sources"][0].startswith("shopify, orders.csv (load file-")
    await read(home, written(tmp_path, ORDERS.format("partially_refunded", "20.00")))
    # The second export names no day of the refund: it is the day on which it was learnt, not that of the order.
    again = await ask(shell, home, "store_revenue", **WEEK)
    assert again["value"] == "80.00"
    refunds = await ask(shell, home, "refunds")
    assert (refunds["value"], refunds["no_data"]) == ("20.00", False)
    value = await ask(shell, home, "aov", **WEEK)
    assert (value["value"], value["unit"]) == ("40", "EUR/order")
    early = await ask(shell, home, "store_orders", **WEEK, as_of="2026-01-01T00:00")
    assert early["no_data"] is True


async def test_what_a_kpi_has_not_got_is_refused_and_what_is_missing_is_named(home: Path, tmp_path: Path, shell: Shell):
    await read(home, written(tmp_path, ORDERS.format("paid", "0")))
    with pytest.raises(BadKpiQuery, match="cannot split by 'locale'; this KPI can be split by channel"):
        await ask(shell, home, "store_orders", by="locale")
    missing = await ask(shell, home, "lead_response_time")
    assert (missing["value"], missing["no_data"]) == (None, True)
    assert missing["notes"][0] == "No lead yet: needs a CRM's contact or lead export (HubSpot, Salesforce)."


async def test_our_own_work_is_counted_by_the_clock_on_the_wall(home: Path, shell: Shell):
    async with open_office(Settings(home=home), seed=7) as office:
        await office.look()
        await office.proposer.propose()
    await shell(plans.approve(plan="PLAN-1", home=home, person="aaron", json=True))
    done = await ask(shell, home, "governance_compliance")
    assert (done["value"], done["simulated"], done["target"]) == ("100", True, "100")
    cycle = await ask(shell, home, "plan_cycle_time", by="type")
    assert [row["label"] for row in cycle["rows"]] == ["budget"]
    assert [one["kpi"] for one in cycle["beside"]] == ["plan_approval_wait", "plan_execution_time", "plans_rejected"]
    await shell(kpis.ask(question="what is our governance compliance?", home=home, json=True))
    asked = shell.document()
    assert (asked["kind"], asked["numbers"][0]["kpi"], asked["numbers"][0]["value"]) == (
        "kpi",
        "governance_compliance",
        "100",
    )
    assert await shell(kpis.ask(question="spend by country", home=home, json=True)) == NEGATIVE


async def test_a_follow_up_on_the_command_line_goes_on_from_what_was_asked_before(
    home: Path, tmp_path: Path, shell: Shell
):
    await read(home, written(tmp_path, ORDERS.format("paid", "0")))
    first = {"question": "store revenue from 2026-02-02 to 2026-02-08", "home": home, "json": True}
    await shell(kpis.ask(**first))
    assert [(one["value"], one["from"]) for one in shell.document()["numbers"]] == [("80.00", "2026-02-02")]
    after = [first["question"]]
    await shell(kpis.ask(question="and on 2 february 2026?", after=after, home=home, json=True))
    (number,) = [one for one in shell.document()["numbers"] if one["from"] == "2026-02-02"]
    assert (number["kpi"], number["value"], number["to"]) == ("store_revenue", "30.00", "2026-02-02")
    picture = tmp_path / "chart.png"
    await shell(kpis.ask(question="and by day?", after=after, chart=picture, home=home, json=True))
    drawn = shell.document()["chart"]
    assert (drawn["kind"], drawn["file"], picture.read_bytes()[:4]) == ("line", str(picture), b"\x89PNG")


async def test_a_fault_in_a_teams_own_definitions_stops_with_its_line(home: Path, shell: Shell):
    async with open_office(Settings(home=home), make=True):
        pass
    (home / "kpis.yml").write_text("kpis:\n  - name: roas\n    target: high\n", encoding="utf-8")
    with pytest.raises(KpiDefinitionError, match=r"^kpis\.yml:3: roas: target: "):
        async with open_office(Settings(home=home)):
            pass
