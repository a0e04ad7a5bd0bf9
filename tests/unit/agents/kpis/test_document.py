"""Answers for scripts and for people, as whole texts."""

import json
from datetime import timedelta

from agents.kpis.definitions import load_kpis
from agents.kpis.document import as_document, words
from agents.kpis.measure import measure
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from tests.unit.agents.kpis.facts import MONDAY, NOW, facts, row

KPIS = load_kpis()
DAY = timedelta(days=1)
WEEK = Window(first=MONDAY, last=MONDAY + 6 * DAY, words="last week")
PLATFORM = "Revenue as the platforms report it; together they usually claim more than the shop's own orders."


def ask(slice_, kpi, **query):
    return measure(slice_, KPIS[kpi], KpiQuery(kpi=kpi, window=WEEK, **query), as_of=NOW)


def two_weeks(**values):
    return facts(
        row(spend_micros=4_210_500_000, revenue_micros=9_000_000_000, day=MONDAY - DAY),
        row(spend_micros=4_210_500_000, revenue_micros=12_631_500_000),
        row(spend_micros=1_000_000, revenue_micros=0, channel="email", campaign_id="m"),
        **values,
    )


def test_the_document_is_stable():
    answer = ask(two_weeks(restatement_days=3), "roas", by="channel", where={"source": "sandbox"})
    document = as_document(answer)
    assert document == {
        "kpi": "roas",
        "unit": "ratio",
        "value": "2.9992876647",
        "numerator": "12631.5",
        "denominator": "4211.5",
        "from": "2026-03-02",
        "to": "2026-03-08",
        "currency": "GBP",
        "as_of": "2026-03-11T09:30:00Z",
        "provisional": True,
        "sources": ["sandbox, load L1 (9 days)"],
        "by": "channel",
        "rows": [
            {"label": "paid_search", "value": "3", "numerator": "12631.5", "denominator": "4210.5"},
            {"label": "email", "value": "0", "numerator": "0", "denominator": "1"},
        ],
        "where": {"source": "sandbox"},
        "previous": {"value": "2.1375133595", "from": "2026-02-23", "to": "2026-03-01"},
        "simulated": False,
        "no_data": False,
        "notes": [PLATFORM],
        "newest_day": "2026-03-10",
        "zone": "Europe/London",
        "owner": "performance marketing",
        "version": "",
        "target": None,
        "interval": None,
        "beside": [],
    }
    assert json.loads(json.dumps(document)) == document


def test_money_is_written_with_the_decimals_of_its_currency():
    document = as_document(ask(two_weeks(), "spend"))
    assert (document["value"], document["numerator"], document["denominator"]) == ("4211.50", "4211.50", None)


def test_undefined_and_unknown_are_null():
    undefined = as_document(ask(facts(row(spend_micros=5, clicks=0)), "cpc"))
    assert (undefined["value"], undefined["denominator"], undefined["no_data"]) == (None, "0", False)
    nothing = as_document(ask(facts(newest_day=None), "cpc"))
    assert (nothing["value"], nothing["numerator"], nothing["newest_day"], nothing["no_data"]) == (
        None,
        None,
        None,
        True,
    )
    assert nothing["previous"] == {"value": None, "from": "2026-02-23", "to": "2026-03-01"}


def test_a_shorter_window_before_ends_where_the_asked_one_starts():
    compare = Window(first=MONDAY - 3 * DAY, last=MONDAY - DAY, words="three days")
    document = as_document(ask(two_weeks(), "spend", compare=compare))
    assert document["previous"] == {"value": "4210.50", "from": "2026-02-27", "to": "2026-03-01"}


def test_people_get_one_paragraph():
    assert words(ask(two_weeks(restatement_days=3), "roas")) == (
        "ROAS: 3.00 over 2–8 March 2026, ▲ 40.3% from 2.14 over 23 February – 1 March 2026. "
        "Provisional: the newest days may still change. "
        f"{PLATFORM} "
        "Data to 10 March 2026 (Europe/London), source: sandbox, load L1 (9 days)."
    )


def test_a_split_and_a_filter_are_said():
    assert words(ask(two_weeks(), "spend", by="channel", where={"source": "sandbox"})) == (
        "Spend for sandbox: £4,211.50 over 2–8 March 2026, ▲ 0.024% from £4,210.50 over 23 February – 1 March 2026. "
        "By channel: paid_search £4,210.50, email £1.00. "
        "Data to 10 March 2026 (Europe/London), source: sandbox, load L1 (9 days)."
    )


def test_simulated_data_is_called_so():
    slice_ = facts(row(clicks=12_345, simulated=True), simulated=True)
    assert words(ask(slice_, "clicks")) == (
        "Clicks: 12,345 over 2–8 March 2026. "
        "Data to 10 March 2026 (Europe/London), simulated data, source: sandbox, load L1 (9 days)."
    )


def test_undefined_is_no_number():
    assert words(ask(facts(row(spend_micros=5_000_000, clicks=0)), "cpc")).startswith(
        "Cost per click: – (undefined: nothing to divide by) over 2–8 March 2026."
    )


def test_no_data_is_said_without_a_number():
    text = words(ask(facts(newest_day=None, sources=()), "roas", where={"channel": "email"}))
    assert text.startswith("No data for ROAS for email over 2–8 March 2026. There is no data yet.")


def test_currencies_are_told_one_by_one():
    slice_ = facts(row(spend_micros=7_000_000), row(spend_micros=9_000_000, currency="EUR"))
    assert words(ask(slice_, "spend")).startswith(
        "Spend over 2–8 March 2026: By currency: EUR €9.00, GBP £7.00. Several currencies (EUR, GBP): shown apart"
    )


def test_many_rows_are_cut_in_words():
    slice_ = facts(*(row(clicks=9 - at, campaign_id=str(at), campaign=f"C{at}") for at in range(7)))
    assert "By campaign: C0 9, C1 8, C2 7, C3 6, C4 5 and 2 more." in words(ask(slice_, "clicks", by="campaign"))
