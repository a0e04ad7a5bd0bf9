"""`detect`: what is strange in anyone's own series. Needs no home and remembers nothing."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.drift.occasions import Movable, Occasions, SpecialDay, is_known
from agents.drift.series.alerts import Alert, alerts_of
from agents.drift.series.detection import Scored, detect_many
from agents.drift.series.excusing import excused
from agents.drift.series.reading import SeriesFile, SeriesUnreadable, read_series
from agents.drift.series.watching import THRESHOLD
from bot.commands.shell import BadInput, say

Judged = tuple[Scored, tuple[Alert, ...]]


def detect(*, path: Path, scores: Path | None, json: bool, holidays: str = "") -> None:
    """Judge one file, or every CSV below a folder; `holidays` are countries and events, parted by commas."""
    occasions = _occasions(holidays)
    try:
        if path.is_dir():
            _folder(path, occasions, scores=scores, json=json)
        else:
            _file(path, occasions, scores=scores, json=json)
    except SeriesUnreadable as error:
        raise BadInput(str(error)) from None


def _occasions(text: str) -> Occasions:
    names = [name.strip() for name in text.split(",") if name.strip()]
    events = {event.lower(): event for event in Movable}
    for name in names:
        if name.lower() not in events and not is_known(name):
            raise BadInput(
                f"--holidays {name[:40]}: is no country or part of one such as GB or GB-ENG, and no event of retail "
                f"({', '.join(Movable)})"
            )
    own = [events[name.lower()] for name in names if name.lower() in events]
    return Occasions(
        countries=tuple(name for name in names if name.lower() not in events),
        special_days=tuple(SpecialDay(name=event.value, when=(event,)) for event in own),
    )


def _judged(files: Sequence[SeriesFile], occasions: Occasions) -> list[Judged]:
    """Rows that their day excuses are neither judged nor learnt from."""
    out = [_excused(file, occasions) for file in files]
    left = [
        file.values if none is None else np.where(none, np.nan, file.values)
        for file, none in zip(files, out, strict=True)
    ]
    every = detect_many([(file.seconds, values) for file, values in zip(files, left, strict=True)])
    return [
        (scored, alerts_of(file.seconds, file.values, scored, excused=none))
        for file, scored, none in zip(files, every, out, strict=True)
    ]


def _excused(file: SeriesFile, occasions: Occasions) -> NDArray[np.bool_] | None:
    return excused(file.seconds, file.values, occasions.name_of) if occasions else None


def _file(path: Path, occasions: Occasions, *, scores: Path | None, json: bool) -> None:
    file = read_series(path)
    ((scored, alerts),) = _judged([file], occasions)
    if scores is not None:
        _write(scores, file, scored)
    points = [
        {"timestamp": stamp, "score": score}
        for stamp, score in zip(file.stamps, scored.score.round(6).tolist(), strict=True)
    ]
    document = {"points": points, "alerts": _documents(file, alerts, occasions), "threshold": THRESHOLD}
    say(document, as_json=json, text=_words(path, file, alerts, occasions))


def _folder(path: Path, occasions: Occasions, *, scores: Path | None, json: bool) -> None:
    names = sorted(name for name in path.rglob("*.csv") if name.is_file())
    if not names:
        raise BadInput(f"{path}: no CSV file in this folder")
    files = [read_series(name) for name in names]
    series, words = [], []
    for name, file, (scored, alerts) in zip(names, files, _judged(files, occasions), strict=True):
        if scores is not None:
            _write(scores / name.relative_to(path), file, scored)
        series.append({"file": str(name.relative_to(path)), "alerts": _documents(file, alerts, occasions)})
        words.append(_words(name, file, alerts, occasions))
    say({"series": series, "threshold": THRESHOLD}, as_json=json, text="\n".join(words))


def _documents(file: SeriesFile, alerts: Sequence[Alert], occasions: Occasions) -> list[dict[str, Any]]:
    """With the holiday on which an alert begins, where holidays were named."""
    return [
        {
            "start": file.stamps[alert.first_row],
            "end": file.stamps[alert.last_row],
            "kind": alert.kind.value,
            "severity": alert.size.value,
            "expected": _rounded(alert.expected),
            "observed": _rounded(alert.observed),
            **({"holiday": _holiday(file, alert, occasions) or None} if occasions else {}),
        }
        for alert in alerts
    ]


def _words(path: Path, file: SeriesFile, alerts: Sequence[Alert], occasions: Occasions) -> str:
    lines = [f"{path}: {len(file.stamps):,} rows, {len(alerts)} alert{'' if len(alerts) == 1 else 's'}"]
    for alert in alerts:
        name = _holiday(file, alert, occasions)
        lines.append(
            f"  {file.stamps[alert.first_row]}  {alert.kind.value.replace('_', ' ')} ({alert.size.value}): "
            f"{_rounded(alert.observed):g}, expected {_rounded(alert.expected):g}"
            + (f"; the day is {name}, and this is more than that explains" if name else "")
        )
    return "\n".join(lines)


def _holiday(file: SeriesFile, alert: Alert, occasions: Occasions) -> str:
    return occasions.name_of(_day(float(file.seconds[alert.first_row])))


def _day(second: float) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _write(target: Path, file: SeriesFile, scored: Scored) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(("timestamp", "value", "anomaly_score"))
            rows.writerows(zip(file.stamps, file.texts, scored.score.round(6).tolist(), strict=True))
    except OSError as error:
        raise BadInput(f"--scores {target}: cannot be written ({error.strerror})") from None
