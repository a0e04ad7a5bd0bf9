"""The committed questions, and what a question was read as, in the form of their expectations."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agents.kpis.definitions import load_kpis
from agents.kpis.query import KpiQuery
from agents.kpis.question import asked_of, parse_question
from agents.kpis.understanding import (
    Beyond,
    ChangesQuestion,
    Clarify,
    ForecastQuestion,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Question,
    TargetQuestion,
    WaitingQuestion,
    WhyQuestion,
)
from agents.kpis.vocabulary import Vocabulary
from agents.kpis.windows import Window

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


@dataclass(frozen=True)
class Case:
    """One committed question."""

    ask: str
    reading: dict[str, Any]
    after: str = ""
    """What was asked before in the same thread."""


def cases() -> tuple[Case, ...]:
    entries = yaml.safe_load(Path(__file__).with_name("questions.yml").read_text(encoding="utf-8"))
    return tuple(Case(**entry) for entry in entries)


def ask(text: str, *, after: str = "") -> Question:
    earlier = asked_of(parse_question(after, vocabulary=WORDS, today=TODAY)) if after else None
    return parse_question(text, vocabulary=WORDS, today=TODAY, earlier=earlier)


def expected_query(reading: dict[str, Any]) -> KpiQuery:
    """The engine's query that an expectation spells out."""
    said = {key: reading[key] for key in ("kpi", "by", "where", "order", "limit") if key in reading}
    return KpiQuery(**said, window=_window(reading["from"], reading["to"]), compare=_compare(reading))


def _compare(reading: dict[str, Any]) -> Window | None:
    return _window(*reading["compare"]) if "compare" in reading else None


def _window(first: str, last: str) -> Window:
    return Window(first=date.fromisoformat(first), last=date.fromisoformat(last), words="")


def reading_of(question: Question) -> dict[str, Any]:
    """As the expectations are written: what is left out is none."""
    match question:
        case KpiQuestion(query=query, beyond=beyond):
            return {"is": "number", **_query(query), **({} if beyond is None else {"beyond": _beyond(beyond)})}
        case WhyQuestion(query=query, rose=rose):
            return {"is": "why", **_query(query), **({} if rose is None else {"rose": rose})}
        case ForecastQuestion(query=query):
            return {"is": "forecast", **_query(query)}
        case TargetQuestion(kpis=kpis, window=window, by=by, where=where):
            found = {"is": "target", "kpis": list(kpis), **_days(window), "by": by, "where": dict(where)}
            return {key: value for key, value in found.items() if value or key == "kpis"}
        case ChangesQuestion(window=window, where=where):
            return {"is": "changes", **_days(window), **({"where": dict(where)} if where else {})}
        case WaitingQuestion():
            return {"is": "waiting"}
        case HelpQuestion(kpi=kpi):
            return {"is": "help", **({"kpi": kpi} if kpi else {})}
        case Clarify(options=options):
            return {"is": "clarify", "options": list(options)}
        case NotUnderstood(did_you_mean=near):
            return {"is": "not_understood", "near": [one.casefold() for one in near]}


def _query(query: KpiQuery) -> dict[str, Any]:
    found = {
        "kpi": query.kpi,
        **_days(query.window),
        "by": query.by,
        "where": query.where,
        "compare": [query.compare.first.isoformat(), query.compare.last.isoformat()] if query.compare else None,
        "order": None if query.order == "size" else query.order,
        "limit": query.limit,
    }
    return {key: value for key, value in found.items() if value}


def _days(window: Window) -> dict[str, str]:
    return {"from": window.first.isoformat(), "to": window.last.isoformat()}


def _beyond(beyond: Beyond) -> dict[str, Any]:
    found = {
        "side": beyond.side,
        "amount": format(beyond.amount, "f"),
        "inclusive": beyond.inclusive,
        "currency": beyond.currency,
    }
    return {key: value for key, value in found.items() if value}
