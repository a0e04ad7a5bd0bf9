"""Questions in plain words: a labelled table, and that nothing anyone types breaks the parser."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.kpis.languages import in_english
from agents.kpis.question import (
    Clarify,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Vocabulary,
    WaitingQuestion,
    asked_of,
    parse_question,
)
from agents.kpis.understanding import ChangesQuestion, ForecastQuestion, TargetQuestion, WhyQuestion
from agents.kpis.windows import normalised
from tests.unit.agents.kpis.asked import KPIS, TODAY, WORDS, ask, cases

ANY = (
    KpiQuestion | WhyQuestion | ForecastQuestion | TargetQuestion | ChangesQuestion | WaitingQuestion | HelpQuestion
    | Clarify | NotUnderstood
)  # fmt: skip


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
    ("gross roas last week", "roas last week"),
    ("spend on 31 february", "spend last month"),
    ("monthly revenue", "revenue last month"),
    ("spend for march maddness this week", "spend for march madness this week"),
    ("why did spend by country rise", "why did it change: spend by channel"),
    ("forecast spend by channel next week", "forecast spend next week"),
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
    answer = ask("roas this week zonder gekheid")
    assert isinstance(answer, KpiQuestion)
    assert answer.ignored == ("zonder gekheid",)


@pytest.mark.parametrize("text", [case.ask for case in cases() if case.ask.isascii() and not case.after][:120])
def test_what_is_english_is_left_as_it_is(text):
    asked = normalised(text)
    if in_english(asked, WORDS).language == "english":
        assert in_english(asked, WORDS).text == asked


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("vom 1. märz bis 5. märz 2026", "from 1 march to 5 march 2026"),
        ("vom 3.4. bis 5.4.", "from 3 april to 5 april"),
        ("du 1er au 5 mars", "from 1 to 5 march"),
        ("le 3/4/2025", "the 3.4.2025"),
        ("del 1 al 5 de marzo de 2026", "from 1 to 5 march 2026"),
        ("ausgaben über 1.234,56", "spend above 1234.56"),
        ("campañas con más de 12.000 clics", "campaigns with more than 12000 clicks"),
        ("campagnes avec plus de 1 234,5 clics", "campaigns with more than 1234.5 clicks"),
    ],
)
def test_days_and_numbers_of_other_languages_are_read_as_they_are_written_there(text, english):
    assert in_english(text, WORDS).text == english


def test_a_name_that_is_a_word_elsewhere_stays_a_name():
    words = Vocabulary(kpis=KPIS, channels=("email",), campaigns=("Letzte Woche Sale", "Brand"))
    answer = parse_question("ausgaben für letzte woche sale gestern", vocabulary=words, today=TODAY)
    assert isinstance(answer, KpiQuestion)
    assert answer.query.where == {"campaign": "Letzte Woche Sale"}


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
    "same period last year", "year 9999", "0001-01-01", "9999-12-31", "week 60", "31 to 1 may", "than", "why", "rose",
    "forecast", "next week", "next 99 months", "end of the year", "above 1.234", "> 5k", "off target", "what changed",
    "and", "what about", "nach kanal", "letzte woche", "32.13.", "1.234,56", "la semaine dernière", "¿por qué", "del 1 al 99",
]  # fmt: skip


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join)), st.dates())
@settings(deadline=None)
def test_nothing_that_anyone_types_raises(text, today):
    answer = parse_question(text, vocabulary=WORDS, today=today)
    assert isinstance(answer, ANY)


@given(
    st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join),
    st.sampled_from(["roas last week", "why did cpa rise"]),
)
@settings(deadline=None)
def test_nothing_that_anyone_asks_next_raises_and_a_number_keeps_a_kpi(text, before):
    earlier = asked_of(ask(before))
    answer = parse_question(text, vocabulary=WORDS, today=TODAY, earlier=earlier)
    assert isinstance(answer, ANY)
    assert not isinstance(answer, KpiQuestion) or answer.query.kpi in KPIS


@given(st.lists(st.text(max_size=20), max_size=8), st.sampled_from(["roas for ", "spend by campaign ", ""]))
@settings(deadline=None)
def test_names_from_the_data_are_only_ever_names(names, start):
    words = Vocabulary(kpis=KPIS, channels=tuple(names[:2]), campaigns=tuple(names))
    for name in names or [""]:
        answer = parse_question(f"{start}{name}", vocabulary=words, today=TODAY)
        assert isinstance(answer, ANY)


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
