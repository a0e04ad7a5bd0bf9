"""kpis.yml: the KPIs that ship, and faults that are named by file, KPI and key."""

import pytest

from agents.kpis.definitions import KpiDefinitionError, UnknownKpi, kpi_named, load_kpis

GOOD = """
  - name: spend
    label: Spend
    unit: currency
    direction: neutral
    formula: spend
    owner: ops
    description: What was spent.
"""


def written(tmp_path, entries: str):
    path = tmp_path / "own.yml"
    path.write_text(f"kpis:{entries}", encoding="utf-8")
    return path


def test_the_kpis_that_ship_are_complete():
    kpis = load_kpis()
    assert set(kpis) >= {
        "spend", "impressions", "clicks", "conversions", "leads", "revenue", "ctr", "cvr", "cpc", "cpm", "cpa", "cpl",
        "roas", "aov", "budget_adherence", "store_orders", "store_revenue",
    }  # fmt: skip
    assert all(kpi.owner and kpi.description and kpi.synonyms for kpi in kpis.values())


def test_a_kpi_is_added_by_data_alone(tmp_path):
    margin = (
        GOOD
        + """
  - name: return_rate
    label: Return after cost
    unit: "%"
    direction: higher
    formula: (revenue - spend) / spend * 100
    owner: ops
    description: Attributed revenue above spend, for every hundred spent.
"""
    )
    kpi = kpi_named(load_kpis(written(tmp_path, margin)), "return rate")
    assert kpi.formulas[0].measures == ("revenue", "spend")


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        (
            "formula: spend",
            "formula: spent",
            6,
            "own.yml: spend: formula: 'spent' is not a measure; did you mean 'spend'?",
        ),
        ("formula: spend", "formula: clicks", 4, "own.yml: spend: unit: unit 'currency'"),
        ("unit: currency", "unit: pounds", 4, "own.yml: spend: unit: 'pounds' is none of"),
        ("unit: currency", 'unit: "%"', 4, "own.yml: spend: unit: unit '%'"),
        ("owner: ops\n", "\n", 2, "own.yml: spend: owner: is missing"),
        ("owner: ops", "owner: ops\n    colour: red", 8, "own.yml: spend: colour: is not a known key"),
        ("direction: neutral", "direction: up", 5, "own.yml: spend: direction: "),
        ("name: spend", "name: Ad Spend", 2, "own.yml: Ad Spend: name: "),
        ("name: spend\n    label", "label", 2, "own.yml: entry 1: name: is missing"),
    ],
)
def test_a_fault_names_file_line_kpi_and_key(tmp_path, old, new, line, fault):
    with pytest.raises(KpiDefinitionError) as raised:
        load_kpis(written(tmp_path, GOOD.replace(old, new, 1)))
    place, _, words = str(raised.value).partition(": ")
    assert f"own.yml: {words}".replace("'spent': ", "").startswith(fault)
    assert place == f"own.yml:{line}"


def test_every_fault_is_told_at_once(tmp_path):
    text = GOOD + GOOD + GOOD.replace("name: spend", "name: other").replace("owner: ops", "owner: ''")
    with pytest.raises(KpiDefinitionError) as raised:
        load_kpis(written(tmp_path, text))
    assert [fault.split(": ")[:2] for fault in raised.value.faults] == [["spend", "name"], ["other", "owner"]]


@pytest.mark.parametrize("text", ["", "kpis: 3", "- 1", "kpis: []", "kpis: [", "kpis:\n  - 7"])
def test_a_file_that_is_no_list_of_definitions_is_refused(tmp_path, text):
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KpiDefinitionError, match=r"own\.yml(:\d+)?: "):
        load_kpis(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KpiDefinitionError, match=r"none\.yml: cannot be read"):
        load_kpis(tmp_path / "none.yml")


def test_an_unknown_kpi_lists_the_known_ones():
    with pytest.raises(UnknownKpi, match="no KPI is called 'profit'; KPIs are spend, impressions"):
        kpi_named(load_kpis(), "profit")


@pytest.mark.parametrize("name", ["ROAS", " roas ", "Budget-Adherence", "budget adherence"])
def test_case_and_hyphens_do_not_matter(name):
    assert kpi_named(load_kpis(), name).name in ("roas", "budget_adherence")
