"""A team's own kpis.yml: new KPIs, other targets for those that ship, costs; faults are named with file and line."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.kpis.costs import daily, load_costs
from agents.kpis.definitions import KpiDefinitionError, load_kpis
from agents.kpis.document import as_document, words
from agents.kpis.engine import KpiEngine
from agents.kpis.query import KpiQuery
from tests.unit.agents.kpis.facts import InMemoryFacts
from tests.unit.agents.kpis.world import WEEK, InMemoryObjects, business, the_facts

OWN = """\
kpis:
  - name: roas
    target: 3.5
    owner: olivia
    fresh_within_hours: 24
  - name: slow_tickets
    label: Slowest case
    unit: hours
    direction: lower
    formula: taken
    parts:
      taken: {of: ticket, largest: resolved_at - opened_at, in: hours, when: {state: closed}}
    owner: support
    description: Hours of the slowest closed case.
    synonyms: [slowest ticket]
"""
SHIPPED = load_kpis()


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "kpis.yml"
    path.write_text(text, encoding="utf-8")
    return path


async def ask(tmp_path: Path, name: str, *, now: datetime):
    facts = InMemoryFacts(*the_facts().frame.to_dicts())
    kpis = load_kpis(own=own(tmp_path))
    engine = KpiEngine(facts, kpis=kpis, clock=lambda: now, objects=InMemoryObjects(business()))
    return await engine.ask(KpiQuery(kpi=name, window=WEEK))


async def test_a_team_adds_a_kpi_by_data_alone(tmp_path):
    answer = await ask(tmp_path, "slow_tickets", now=datetime(2026, 3, 10, tzinfo=ZoneInfo("UTC")))
    assert (answer.value, answer.unit, answer.owner) == (2, "hours", "support")


async def test_what_a_team_says_of_a_kpi_stands_on_every_number(tmp_path):
    answer = await ask(tmp_path, "roas", now=datetime(2026, 3, 12, tzinfo=ZoneInfo("UTC")))
    assert (answer.value, answer.target, answer.owner) == (3, Decimal("3.5"), "olivia")
    assert answer.version.startswith("1-")
    assert answer.version != SHIPPED["roas"].edition
    # The data end with the 9th of March.
    assert "Stale: the data end 48 hours ago, and may be 24 hours old." in answer.notes
    document = as_document(answer)
    assert (document["target"], document["owner"], document["version"]) == ("3.5", "olivia", answer.version)
    assert "Target 3.50." in words(answer)


def test_without_a_file_it_is_what_ships(tmp_path):
    assert load_kpis(own=tmp_path / "none.yml") == SHIPPED


def test_a_change_of_anything_that_it_says_is_another_edition(tmp_path):
    changed = load_kpis(own=own(tmp_path))
    assert {name for name in SHIPPED if changed[name].edition != SHIPPED[name].edition} == {"roas"}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("target: 3.5", "target: high", "kpis.yml:3: roas: target: Input should be a valid decimal"),
        ("of: ticket", "of: tiket", "kpis.yml:12: slow_tickets: parts.taken.of: 'tiket' is no table; there are order"),
        ("resolved_at -", "solved -", "kpis.yml:12: slow_tickets: parts.taken: ticket has no column 'solved'"),
        ("in: hours", "in: weeks", "kpis.yml:12: slow_tickets: parts.taken: in: say business minutes"),
        ("largest: resolved_at - opened_at, in: hours", "count: rows, sum: rating", "kpis.yml:12: slow_tickets: parts.taken: say exactly one of"),
        ("formula: taken", "formula: taken / handled", "kpis.yml:10: slow_tickets: formula: 'taken / handled': 'handled' is not a measure"),
        ("formula: taken", "formula: spend", "kpis.yml:11: slow_tickets: parts: no formula uses taken"),
        ("    owner: olivia", "    target: 3", "kpis.yml:4: 'target' is there twice; keep one"),
        ("kpis:\n", "kpis:\n - [\n", "kpis.yml:"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_line(tmp_path, old, new, fault):
    with pytest.raises(KpiDefinitionError) as raised:
        load_kpis(own=own(tmp_path, OWN.replace(old, new, 1)))
    assert str(raised.value).startswith(fault), str(raised.value)


def test_a_kpi_told_beside_another_must_exist(tmp_path):
    with pytest.raises(KpiDefinitionError, match="roas: beside: no KPI is called 'nothing'"):
        load_kpis(own=own(tmp_path, "kpis:\n  - {name: roas, beside: [nothing]}\n"))


COST = "costs:\n  - {name: agency, amount: 1000.00, currency: GBP, from: 2026-02-27, to: 2026-03-31}\n"


def test_a_monthly_cost_falls_on_days_that_add_up_to_it_exactly(tmp_path):
    path = own(tmp_path, COST)
    assert load_kpis(own=path) == SHIPPED
    (cost,) = load_costs(path)
    rows = list(daily(cost, until=date(2026, 4, 30)))
    march = [row["amount_micros"] for row in rows if row["day"].month == 3]
    assert (len(rows), len(march), sum(march)) == (2 + 31, 31, 1_000_000_000)
    assert load_costs(tmp_path / "none.yml") == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("GBP", "pounds", "kpis.yml:2: costs: entry 1: currency"),
        ("1000.00", "-1", "kpis.yml:2: costs: entry 1: amount"),
        ("to: 2026-03-31", "to: 2026-01-01", "kpis.yml:2: costs: entry 1: to"),
    ],
)
def test_a_wrong_cost_is_named_with_file_and_line(tmp_path, old, new, fault):
    with pytest.raises(KpiDefinitionError) as raised:
        load_costs(own(tmp_path, COST.replace(old, new, 1)))
    assert str(raised.value).startswith(fault), str(raised.value)


WATCHED = """\
kpis:
  - name: demo_requests
    label: Demo requests
    unit: count
    direction: higher
    watch: true
    formula: asked
    parts:
      asked: {of: lead, count: rows}
    owner: sales
    description: People who asked for a demo.
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("watch: true", "watch: soon", 6, "demo_requests: watch:"),
        ("watch: true", "settles_in_days: 3", 6, "settles_in_days: belongs to a KPI with watch: true"),
        ("count: rows", "median: first_touch_at - created_at, in: days", 6, "asked is a median"),
        ("{of: lead, count: rows}", "{of: plan, count: rows}", 6, "is of our own work"),
        ("count: rows", "count: rows, window: before", 6, "is of more than its own day"),
        ("formula: asked", "formula: asked + leads", 6, "leads go on arriving for days"),
    ],
)
def test_a_wish_to_watch_what_has_no_days_is_refused_with_its_line(tmp_path, old, new, line, why):
    with pytest.raises(KpiDefinitionError) as refused:
        load_kpis(own=own(tmp_path, WATCHED.replace(old, new)))
    assert str(refused.value).startswith(f"kpis.yml:{line}: ")
    assert why in str(refused.value)


def test_being_watched_makes_no_number_another(tmp_path):
    plain = load_kpis(own=own(tmp_path, WATCHED.replace("    watch: true\n", "")))["demo_requests"]
    late = WATCHED.replace("watch: true", "watch: true\n    settles_in_days: 4").replace("asked\n", "asked + leads\n")
    assert load_kpis(own=own(tmp_path, WATCHED))["demo_requests"].edition == plain.edition
    assert load_kpis(own=own(tmp_path, late))["demo_requests"].watch
