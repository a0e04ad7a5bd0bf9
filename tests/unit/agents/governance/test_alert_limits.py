"""The section `alerts` of limits.yml: read strictly, the narrowest entry counts, and nothing happens by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.governance.alert_limits import (
    SLA_HOURS,
    AlertLimits,
    AlertRule,
    Bounds,
    dump_alerts,
    parse_alerts,
)
from agents.governance.limits import dump_limits, parse_limits, sandbox_limits
from agents.governance.limits_text import LimitsInvalid
from storage.records.alerts import Severity
from storage.records.reviews import Intervention
from tests.builders import pounds

GOOD = """
alerts:
  everything: {medium: 20%, large: 60%, sla_hours: {medium: 8}}
  clicks: {kpi: cpc, large: 50%}
  search: {channel: paid_search, automatic: hold}
  clicks in search: {kpi: cpc, channel: paid_search, automatic: pause, sla_hours: {large: 2}}
  ours: {brand: 'Brightwell & Vale', medium: 10%}
"""


def test_the_narrowest_entry_that_says_something_counts():
    bounds = parse_alerts(GOOD, file="limits.yml").of(kpi="cpc", channel="paid_search", brand="Brightwell & Vale")
    assert bounds == Bounds(
        medium_bp=1000,
        large_bp=5000,
        automatic=Intervention.PAUSE,
        sla_hours={Severity.NOTE: 40, Severity.WARNING: 8, Severity.CRITICAL: 2},
    )


def test_without_entries_nothing_is_bound_and_nothing_happens_by_itself():
    bounds = parse_alerts("step_share_cap: 50%", file="limits.yml").of(kpi="cpc", channel="email")
    assert bounds == Bounds(sla_hours=dict(SLA_HOURS))
    assert bounds.automatic is Intervention.NONE


def test_another_channel_is_left_to_the_wider_entries():
    bounds = parse_alerts(GOOD, file="limits.yml").of(kpi="cpc", channel="email")
    assert (bounds.large_bp, bounds.automatic) == (5000, Intervention.NONE)


@pytest.mark.parametrize(
    ("change_bp", "said", "severity"),
    [
        (1999, Severity.CRITICAL, Severity.NOTE),
        (2000, Severity.NOTE, Severity.WARNING),
        (-2000, Severity.NOTE, Severity.WARNING),
        (5999, Severity.CRITICAL, Severity.WARNING),
        (-6000, Severity.NOTE, Severity.CRITICAL),
    ],
)
def test_both_bounds_replace_what_the_detector_says(change_bp, said, severity):
    bounds = Bounds(medium_bp=2000, large_bp=6000, sla_hours={})
    assert bounds.severity(change_bp, said) is severity


@given(
    st.integers(-20_000, 20_000),
    st.sampled_from(Severity),
    st.none() | st.integers(1, 5000),
    st.none() | st.integers(5001, 9000),
)
def test_a_larger_change_never_matters_less(change_bp, said, medium_bp, large_bp):
    bounds = Bounds(medium_bp=medium_bp, large_bp=large_bp, sla_hours={})
    order = list(Severity)
    more = bounds.severity(change_bp + (1 if change_bp >= 0 else -1) * 500, said)
    assert order.index(more) >= order.index(bounds.severity(change_bp, said))
    if medium_bp is None and large_bp is None:
        assert bounds.severity(change_bp, said) is said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alerts: {a: {kpi: cpc, colour: red}}", "alerts.a.colour is not known here"),
        ("alerts: {a: {medium: 0.2}}", "alerts.a.medium must be a share"),
        ("alerts: {a: {medium: 60%, large: 20%}}", "alerts.a.medium must be below large"),
        ("alerts: {a: {automatic: stop}}", "alerts.a.automatic must be none, hold or pause"),
        ("alerts: {a: {sla_hours: {huge: 3}}}", "alerts.a.sla_hours.huge is not known here"),
        ("alerts: {a: {sla_hours: {large: 0}}}", "alerts.a.sla_hours.large must be a whole number"),
        ("alerts: {a: {kpi: cpc}, b: {kpi: cpc}}", "alerts.b is for the same as 'a'"),
        ("alerts: [a]", "alerts must hold"),
    ],
)
def test_a_slip_is_said_with_file_and_key(text, words):
    with pytest.raises(LimitsInvalid) as error:
        parse_alerts(text, file="limits.yml")
    assert str(error.value).startswith(f"limits.yml: {words}")


def test_it_is_read_even_where_there_are_no_caps_and_refused_there_too():
    with pytest.raises(LimitsInvalid):
        parse_limits("alerts: {a: {automatic: stop}}", file="limits.yml")


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip).filter(bool)
HOURS = st.dictionaries(st.sampled_from(Severity), st.integers(1, 500), max_size=3)
RULES = st.lists(
    st.builds(
        AlertRule,
        name=NAMES,
        kpi=st.none() | NAMES,
        brand=st.none() | NAMES,
        channel=st.none() | NAMES,
        medium_bp=st.none() | st.integers(1, 4000),
        large_bp=st.none() | st.integers(4001, 90_000),
        automatic=st.none() | st.sampled_from(Intervention),
        sla_hours=HOURS,
    ),
    max_size=4,
    unique_by=(lambda one: one.name, lambda one: one.selectors),
)


@given(RULES)
def test_what_is_written_reads_back_as_itself(rules):
    limits = AlertLimits(rules=tuple(rules))
    assert parse_alerts("\n".join(dump_alerts(limits)), file="limits.yml") == limits
    whole = sandbox_limits(pounds(1000)).model_copy(update={"alerts": limits})
    assert parse_limits(dump_limits(whole), file="limits.yml") == whole
