"""Questions in plain words: a labelled table, and that nothing anyone types breaks the parser."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.kpis.definitions import load_kpis
from agents.kpis.question import (
    Clarify,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Vocabulary,
    WaitingQuestion,
    parse_question,
)

TODAY = date(2026, 3, 11)  # a Wednesday; the newest complete day is Tuesday the 10th
KPIS = load_kpis()
WORDS = Vocabulary(
    kpis=KPIS,
    channels=("email", "paid_search", "paid_social", "website"),
    campaigns=(
        "Brand",
        "Brand UK",
        "Spring Sale 2026 | Search",
        "Spring Sale 2026 | Social",
        "March Madness",
        "Last Week",
        "The",
        "Newsletter – Weekly Deals",
        "Σολάρ πάνελ",
        "revenue",
    ),
    currencies=("EUR", "GBP"),
    sources=("google_ads", "sandbox"),
)


def ask(text: str):
    return parse_question(text, vocabulary=WORDS, today=TODAY)


WEEK = ("2026-03-09", "2026-03-10")
LAST_WEEK = ("2026-03-02", "2026-03-08")
LAST_MONTH = ("2026-02-01", "2026-02-28")
DEFAULT = ("2026-03-04", "2026-03-10")
YESTERDAY = ("2026-03-10", "2026-03-10")

UNDERSTOOD = [
    # text, KPI, window, the rest
    ("how is ROAS this week?", "roas", WEEK, {}),
    ("how is roas this week", "roas", WEEK, {}),
    ("HOW IS ROAS THIS WEEK???", "roas", WEEK, {}),
    ("roas", "roas", DEFAULT, {}),
    ("return on ad spend last week", "roas", LAST_WEEK, {}),
    ("what's our return-on-ad-spend last week", "roas", LAST_WEEK, {}),
    ("spend by channel last month", "spend", LAST_MONTH, {"by": "channel"}),
    ("spend per channel last month please", "spend", LAST_MONTH, {"by": "channel"}),
    ("how much did we spend last month?", "spend", LAST_MONTH, {}),
    ("how much have we spent today", "spend", ("2026-03-11", "2026-03-11"), {}),
    ("what was CPA for paid search yesterday", "cpa", YESTERDAY, {"where": {"channel": "paid_search"}}),
    ("cost per acquisition in paid-search yesterday", "cpa", YESTERDAY, {"where": {"channel": "paid_search"}}),
    ("cpa paid_search yesterday", "cpa", YESTERDAY, {"where": {"channel": "paid_search"}}),
    ("cpc for search ads last 30 days", "cpc", ("2026-02-09", "2026-03-10"), {"where": {"channel": "paid_search"}}),
    ("e-mail clicks yesterday", "clicks", YESTERDAY, {"where": {"channel": "email"}}),
    ("clicks for the email channel yesterday", "clicks", YESTERDAY, {"where": {"channel": "email"}}),
    ("compare cpc this week vs last week", "cpc", WEEK, {"compare": LAST_WEEK}),
    ("compare cpc last week with this week", "cpc", WEEK, {"compare": LAST_WEEK}),
    ("cpc vs last week", "cpc", WEEK, {"compare": LAST_WEEK}),
    ("is roas higher than last month", "roas", ("2026-03-01", "2026-03-10"), {"compare": LAST_MONTH}),
    ("spend in february vs january", "spend", LAST_MONTH, {"compare": ("2026-01-01", "2026-01-31")}),
    (
        "revenue last week vs same period last year",
        "revenue",
        LAST_WEEK,
        {"compare": ("2025-03-02", "2025-03-08")},
    ),
    ("roas last week compared to the previous period", "roas", LAST_WEEK, {}),
    ("top campaigns by spend", "spend", DEFAULT, {"by": "campaign", "order": "highest", "limit": 5}),
    ("top 3 channels by roas last month", "roas", LAST_MONTH, {"by": "channel", "order": "highest", "limit": 3}),
    ("best campaigns by cpa", "cpa", DEFAULT, {"by": "campaign", "order": "lowest", "limit": 5}),
    ("worst campaigns by cpa", "cpa", DEFAULT, {"by": "campaign", "order": "highest", "limit": 5}),
    ("which campaign has the highest cpc", "cpc", DEFAULT, {"by": "campaign", "order": "highest", "limit": 5}),
    ("which channels have the lowest ctr?", "ctr", DEFAULT, {"by": "channel", "order": "lowest", "limit": 5}),
    ("click through rate by campaign", "ctr", DEFAULT, {"by": "campaign"}),
    ("conversion rate since 1 March", "cvr", ("2026-03-01", "2026-03-10"), {}),
    ("conversions since monday", "conversions", WEEK, {}),
    ("leads from 2026-03-01 to 2026-03-15", "leads", ("2026-03-01", "2026-03-15"), {}),
    ("leads between 1 march and 5 march", "leads", ("2026-03-01", "2026-03-05"), {}),
    ("revenue in March", "revenue", ("2026-03-01", "2026-03-31"), {}),
    ("revenue in may", "revenue", ("2025-05-01", "2025-05-31"), {}),
    ("may I ask what revenue was last week", "revenue", LAST_WEEK, {}),
    ("AOV last quarter", "aov", ("2025-10-01", "2025-12-31"), {}),
    ("average order value Q1 2025", "aov", ("2025-01-01", "2025-03-31"), {}),
    ("cpm month to date", "cpm", ("2026-03-01", "2026-03-10"), {}),
    ("cost per 1000 impressions mtd", "cpm", ("2026-03-01", "2026-03-10"), {}),
    ("cost per lead past two weeks", "cpl", ("2026-02-25", "2026-03-10"), {}),
    ("budget adherence this month", "budget_adherence", ("2026-03-01", "2026-03-10"), {}),
    ("are we over budget this month?", "budget_adherence", ("2026-03-01", "2026-03-10"), {}),
    ("daily spend last week", "spend", LAST_WEEK, {"by": "day"}),
    ("weekly roas last quarter", "roas", ("2025-10-01", "2025-12-31"), {"by": "week"}),
    ("roas by week since january", "roas", ("2026-01-01", "2026-03-10"), {"by": "week"}),
    ("clicks day by day last week", "clicks", LAST_WEEK, {"by": "day"}),
    ("impressions over time", "impressions", DEFAULT, {"by": "day"}),
    ("spend across all channels", "spend", DEFAULT, {"by": "channel"}),
    ("split revenue by source last month", "revenue", LAST_MONTH, {"by": "source"}),
    ("spend by currency", "spend", DEFAULT, {"by": "currency"}),
    ("spend in EUR last month", "spend", LAST_MONTH, {"where": {"currency": "EUR"}}),
    ("spend on google ads last month", "spend", LAST_MONTH, {"where": {"source": "google_ads"}}),
    ("roas for brand last week", "roas", LAST_WEEK, {"where": {"campaign": "Brand"}}),
    ("roas for Brand UK last week", "roas", LAST_WEEK, {"where": {"campaign": "Brand UK"}}),
    ("roas of campaign “Brand UK”", "roas", DEFAULT, {"where": {"campaign": "Brand UK"}}),
    ("spend for March Madness this week", "spend", WEEK, {"where": {"campaign": "March Madness"}}),
    ("spend this week for campaign the", "spend", WEEK, {"where": {"campaign": "The"}}),
    ("clicks for weekly deals yesterday", "clicks", YESTERDAY, {"where": {"campaign": "Newsletter – Weekly Deals"}}),
    ("clicks for σολάρ πάνελ yesterday", "clicks", YESTERDAY, {"where": {"campaign": "Σολάρ πάνελ"}}),
    (
        "cpc for Spring Sale 2026 | Search by day",
        "cpc",
        DEFAULT,
        {"where": {"campaign": "Spring Sale 2026 | Search"}, "by": "day"},
    ),
    ("spend for brand in paid social", "spend", DEFAULT, {"where": {"channel": "paid_social", "campaign": "Brand"}}),
    ("revenue for campaign revenue", "revenue", DEFAULT, {"where": {"campaign": "revenue"}}),
    ("store revenue yesterday", "store_revenue", YESTERDAY, {}),
    ("how many orders did we get last week", "store_orders", LAST_WEEK, {}),
    ("hey, could you kindly tell me how the ROAS is doing for us this week, thanks!", "roas", WEEK, {}),
    ("lowest cpa channel", "cpa", DEFAULT, {"by": "channel", "order": "lowest", "limit": 5}),
    ("campaign with the highest spend", "spend", DEFAULT, {"by": "campaign", "order": "highest", "limit": 5}),
    (
        "3 best campaigns for email by revenue",
        "revenue",
        DEFAULT,
        {"by": "campaign", "order": "highest", "limit": 3, "where": {"channel": "email"}},
    ),
    ("what did we spend on google last week", "spend", LAST_WEEK, {"where": {"source": "google_ads"}}),
    ("spend vs budget this month", "budget_adherence", ("2026-03-01", "2026-03-10"), {}),
    ("why did roas drop last week", "roas", LAST_WEEK, {}),
    ("ＲＯＡＳ　ｔｈｉｓ　ｗｅｅｋ", "roas", WEEK, {}),
    ("roas   this\n\tweek", "roas", WEEK, {}),
]


@pytest.mark.parametrize(("text", "kpi", "window", "rest"), UNDERSTOOD, ids=[row[0] for row in UNDERSTOOD])
def test_a_question_is_understood(text, kpi, window, rest):
    answer = ask(text)
    assert isinstance(answer, KpiQuestion), answer
    query = answer.query
    compare = query.compare and (query.compare.first.isoformat(), query.compare.last.isoformat())
    assert {
        "kpi": query.kpi,
        "window": (query.window.first.isoformat(), query.window.last.isoformat()),
        "by": query.by,
        "where": query.where,
        "compare": compare,
        "order": query.order,
        "limit": query.limit,
    } == {
        "kpi": kpi,
        "window": window,
        "by": None,
        "where": {},
        "compare": None,
        "order": "size",
        "limit": None,
        **rest,
    }


@pytest.mark.parametrize(
    "text",
    [
        "what is waiting for me?",
        "What's waiting?",
        "anything pending",
        "my approvals",
        "what needs my approval",
        "do I have something to approve",
        "open plans",
    ],
)
def test_a_question_for_waiting_approvals_is_known(text):
    assert ask(text) == WaitingQuestion()


@pytest.mark.parametrize(
    "text", ["help", "Help!", "?", "hi", "hello there", "what can you do?", "which KPIs do you know"]
)
def test_a_cry_for_help_is_known(text):
    assert ask(text) == HelpQuestion()


@pytest.mark.parametrize(
    ("text", "kpi"),
    [("what does ROAS mean?", "roas"), ("how is CPA calculated", "cpa"), ("define cost per lead", "cpl")],
)
def test_a_question_for_a_meaning_names_its_kpi(text, kpi):
    assert ask(text) == HelpQuestion(kpi=kpi)


CLEARER = [
    ("sales last week", ("Revenue last week", "Store revenue last week")),
    ("conversion last week", ("Conversions last week", "Conversion rate last week")),
    ("spend and clicks last week", ("Spend last week", "Clicks last week")),
    (
        "cpc for email and paid social last week",
        (
            "Cost per click for email last week",
            "Cost per click for paid_social last week",
            "Cost per click by channel last week",
        ),
    ),
    (
        "roas for spring sale",
        ("roas for Spring Sale 2026 | Search", "roas for Spring Sale 2026 | Social"),
    ),
    ("spend on 3/4/2025", ("spend on 2025-04-03", "spend on 2025-03-04")),
    ("cpc vs yesterday", ("Cost per click yesterday", "Cost per click this week vs last week")),
    ("cpc this week vs week to date", ("Cost per click this week", "Cost per click week to date")),
    ("how are we doing this week?", ("ROAS this week", "Spend this week", "Revenue this week")),
    ("top campaigns", ("best campaigns by ROAS", "best campaigns by Spend", "best campaigns by Revenue")),
    ("email last week", ("ROAS for email last week", "Spend for email last week", "Revenue for email last week")),
    ("highest spend last week", ("highest spend last week by channel", "highest spend last week by campaign")),
    ("spend by channel by campaign", ("Spend by channel", "Spend by campaign")),
]


@pytest.mark.parametrize(("text", "options"), CLEARER, ids=[row[0] for row in CLEARER])
def test_an_ambiguous_question_is_asked_back(text, options):
    assert ask(text) == Clarify(options)


@pytest.mark.parametrize(("text", "options"), CLEARER, ids=[row[0] for row in CLEARER])
def test_every_clearer_wording_is_understood_as_it_stands(text, options):
    assert all(isinstance(ask(option), KpiQuestion) for option in options)


NEAR = [
    ("how is roaz this week?", "how is roas this week"),
    ("cpx yesterday", "cost per click yesterday"),
    ("impresions by channel", "impressions by channel"),
    ("cost per clik last week", "cost per click last week"),
    ("retrun on ad spend last week", "roas last week"),
    ("spend for paid serch last month", "spend for paid_search last month"),
    ("spend emial last month", "spend email last month"),
    ("roas for brnad uk last week", "roas for brand uk last week"),
    ("spend by country last month", "spend by channel last month"),
    ("spend by device", "spend by campaign"),
    ("roas without email", "roas by channel"),
    ("spend not in email", "spend by channel"),
    ("roas for acme corp last week", "roas by campaign last week"),
    ("roas next week", "roas last 7 days"),
    ("forecast spend", "spend last 7 days"),
    ("gross roas last week", "roas last week"),
    ("spend on 31 february", "spend last month"),
    ("monthly revenue", "revenue last month"),
    ("spend above 500", "spend last 7 days"),
    ("roas vs target", "roas last 7 days"),
    ("spend mobile vs desktop", "spend by channel"),
    ("spend in the uk", "spend in the brand uk"),
    ("roas in the first half of march", "roas last week"),
    ("roas in january, february and march 2025", "roas last week"),
]


@pytest.mark.parametrize(("text", "suggestion"), NEAR, ids=[row[0] for row in NEAR])
def test_what_is_not_understood_is_never_answered_with_another_number(text, suggestion):
    answer = ask(text)
    assert isinstance(answer, NotUnderstood), answer
    assert answer.unknown
    assert suggestion.casefold() in [one.casefold() for one in answer.did_you_mean]


def test_a_leap_day_is_compared_with_the_28th_of_the_year_before():
    answer = ask("spend on 29 february 2024 vs same day last year")
    assert isinstance(answer, KpiQuestion)
    assert answer.query.compare.first == answer.query.compare.last == date(2023, 2, 28)


def test_words_that_played_no_part_are_named_with_the_answer():
    answer = ask("wie ist der roas diese woche")
    assert isinstance(answer, KpiQuestion)
    assert answer.ignored == ("wie ist der", "diese woche")


def test_a_question_that_is_understood_whole_ignores_nothing():
    answer = ask("Hey, could you please tell me how ROAS is doing for the email channel this week?")
    assert isinstance(answer, KpiQuestion)
    assert answer.ignored == ()


@pytest.mark.parametrize(
    "text", ["", "   ", "\0", "!!!", "🙂", "the weather in Paris", "x" * 1_001, "roas " + "a" * 1_000]
)
def test_what_makes_no_sense_is_not_understood(text):
    assert isinstance(ask(text), NotUnderstood)


_PIECES = [
    "roas", "spend", "sales", "cost per", "click", "by", "channel", "campaign", "for", "top", "5", "last", "week", "march",
    "may", "2026-02-31", "31", "3/4/2026", "since", "vs", "q1", "brand", "the", "email", "day", "to", "from", "29 february",
    "last 99 years", "last 9999 weeks", "\0", "Ⅷ", "٣", "²", "ß", "İ", "’s", "|", "daily", "over time", "waiting", "yoy",
    "same period last year", "year 9999", "0001-01-01", "9999-12-31", "week 60", "31 to 1 may", "than",
]  # fmt: skip


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join)), st.dates())
@settings(deadline=None)
def test_nothing_that_anyone_types_raises(text, today):
    answer = parse_question(text, vocabulary=WORDS, today=today)
    assert isinstance(answer, KpiQuestion | WaitingQuestion | HelpQuestion | Clarify | NotUnderstood)


@given(st.lists(st.text(max_size=20), max_size=8), st.sampled_from(["roas for ", "spend by campaign ", ""]))
@settings(deadline=None)
def test_names_from_the_data_are_only_ever_names(names, start):
    words = Vocabulary(kpis=KPIS, channels=tuple(names[:2]), campaigns=tuple(names))
    for name in names or [""]:
        answer = parse_question(f"{start}{name}", vocabulary=words, today=TODAY)
        assert isinstance(answer, KpiQuestion | WaitingQuestion | HelpQuestion | Clarify | NotUnderstood)


def test_ten_thousand_campaigns_are_read_without_delay():
    from time import process_time

    many = Vocabulary(
        kpis=KPIS,
        channels=WORDS.channels,
        campaigns=tuple(f"Campaign {number} of the fleet" for number in range(10_000)),
    )
    parse_question("roas", vocabulary=many, today=TODAY)
    start = process_time()
    found = parse_question("roas for campaign 7123 of the fleet last week", vocabulary=many, today=TODAY)
    parse_question("roas for campain 7123 of the fleeet last week", vocabulary=many, today=TODAY)
    assert process_time() - start < 2
    assert isinstance(found, KpiQuestion)
    assert found.query.where == {"campaign": "Campaign 7123 of the fleet"}
