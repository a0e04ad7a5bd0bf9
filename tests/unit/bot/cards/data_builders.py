"""Landed files, surveys and questions for tests of cards, each right unless a test says otherwise."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.land import Landed
from agents.lifecycle.intake.source_picture import DatasetPicture, DaySpend, Gap, SourcePicture
from agents.sources.exports.report import ExportReport
from storage.records.facts import DroppedRow
from storage.records.quarantine import Quarantined, SetAside
from storage.records.questions import Option, Question, QuestionKind, QuestionState

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def a_report(**changes: Any) -> ExportReport:
    return ExportReport(
        **{
            "path": "/tmp/google.csv",
            "layout": "google_ads/campaign",
            "source": "google_ads",
            "grain": "campaign",
            "simulated": False,
            "zone": None,
            "campaigns": 14,
            "days": 31,
            "first_day": FIRST,
            "last_day": LAST,
            "spend": {"GBP": Decimal("18257.62")},
            "rows_read": 437,
            "rows_dropped": (DroppedRow(line=436, reason="total row"), DroppedRow(line=437, reason="total row")),
            "total_row_difference": {"spend": Decimal(0), "clicks": Decimal(0)},
            "content_sha256": "0" * 64,
            "fingerprint": "1" * 64,
            "notes": (),
            "rows_by_dataset": {"facts": 434},
            **changes,
        }
    )


def landed(name: str = "google.csv", **changes: Any) -> Landed:
    return Landed(
        **{"name": name, "report": a_report(), "load_id": "file-0a1b2c3d4e5f", "new": True, "quarantined": 0, **changes}
    )


def a_row(line: int = 12, reason: str = "clicks is -3, must be at least 0") -> SetAside:
    row = Quarantined(dataset="facts", line=line, reason=reason, cells={"Clicks": "-3"})
    return SetAside(
        id=line, load_id="file-0a1b2c3d4e5f", source="google_ads", path="google.csv", row=row, set_aside_at=NOW
    )


def a_dataset(**changes: Any) -> DatasetPicture:
    return DatasetPicture(
        **{
            "dataset": "facts",
            "rows": 434,
            "first_day": FIRST,
            "last_day": LAST,
            "owner": "marketing operations",
            "fresh_within_hours": 72,
            "promised": "3 working days",
            "known_at": NOW,
            "stale": False,
            "due_at": datetime(2026, 11, 4, tzinfo=UTC),
            **changes,
        }
    )


def a_source(source: str = "google_ads", **changes: Any) -> SourcePicture:
    days = tuple(FIRST + timedelta(days=n) for n in range(31) if n not in (3, 4, 5))
    return SourcePicture(
        **{
            "source": source,
            "simulated": False,
            "zone": "UTC",
            "loads": 1,
            "datasets": (a_dataset(),),
            "campaigns": 14,
            "spend": {"GBP": Decimal("18257.62")},
            "first_day": FIRST,
            "last_day": LAST,
            "days": len(days),
            "gaps": (Gap(first=date(2026, 10, 4), last=date(2026, 10, 6)),),
            "coverage": days,
            "spend_by_day": tuple(DaySpend(day=one, currency="GBP", amount=Decimal("652.06")) for one in days),
            "provisional_from": None,
            "known_at": NOW,
            "stale": False,
            "quarantined": 0,
            **changes,
        }
    )


def a_survey(*sources: SourcePicture, **changes: Any) -> Survey:
    told = sources or (a_source(),)
    return Survey(
        **{
            "sources": told,
            "campaigns": sum(one.campaigns for one in told),
            "spend": {"GBP": Decimal("18257.62")},
            "quarantined": 0,
            "questions": (),
            "missing": (),
            "notes": (),
            "as_of": NOW,
            **changes,
        }
    )


def no_survey(**changes: Any) -> Survey:
    return a_survey().model_copy(update={"sources": (), "campaigns": 0, "spend": {}, **changes})


def a_question(**changes: Any) -> Question:
    return Question(
        **{
            "id": "Q-3",
            "number": 3,
            "key": "schema:google_ads/campaign",
            "kind": QuestionKind.SCHEMA,
            "state": QuestionState.OPEN,
            "version": 2,
            "title": "The columns of google.csv have changed",
            "lines": ("“Cost” is now “Spend”.",),
            "table": (("Column", "Before", "Now"), ("Cost", "money", "–"), ("Spend", "–", "money")),
            "options": (
                Option(id="accept", label="Take them as they are", style="primary"),
                Option(id="refuse", label="Leave the file", style="danger", confirm="The file is thrown away."),
            ),
            "if_nobody_answers": "The file stays unread and the numbers stay as they are.",
            "asked_at": NOW,
            **changes,
        }
    )
