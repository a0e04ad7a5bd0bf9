"""`detect`: what is strange in anyone's own series. Needs no home and remembers nothing."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.drift.series.alerts import Alert, alerts_of
from agents.drift.series.detection import Scored, detect_many
from agents.drift.series.reading import SeriesFile, SeriesUnreadable, read_series
from agents.drift.series.watching import THRESHOLD
from bot.commands.shell import BadInput, say


def detect(*, path: Path, scores: Path | None, json: bool) -> None:
    """Judge one file, or every CSV below a folder."""
    try:
        if path.is_dir():
            _folder(path, scores=scores, json=json)
        else:
            _file(path, scores=scores, json=json)
    except SeriesUnreadable as error:
        raise BadInput(str(error)) from None


def _file(path: Path, *, scores: Path | None, json: bool) -> None:
    file = read_series(path)
    scored = detect_many([(file.seconds, file.values)])[0]
    alerts = alerts_of(file.seconds, file.values, scored)
    if scores is not None:
        _write(scores, file, scored)
    points = [
        {"timestamp": stamp, "score": score}
        for stamp, score in zip(file.stamps, scored.score.round(6).tolist(), strict=True)
    ]
    document = {"points": points, "alerts": _documents(file, alerts), "threshold": THRESHOLD}
    say(document, as_json=json, text=_words(path, file, alerts))


def _folder(path: Path, *, scores: Path | None, json: bool) -> None:
    names = sorted(name for name in path.rglob("*.csv") if name.is_file())
    if not names:
        raise BadInput(f"{path}: no CSV file in this folder")
    files = [read_series(name) for name in names]
    every = detect_many([(file.seconds, file.values) for file in files])
    series, words = [], []
    for name, file, scored in zip(names, files, every, strict=True):
        alerts = alerts_of(file.seconds, file.values, scored)
        if scores is not None:
            _write(scores / name.relative_to(path), file, scored)
        series.append({"file": str(name.relative_to(path)), "alerts": _documents(file, alerts)})
        words.append(_words(name, file, alerts))
    say({"series": series, "threshold": THRESHOLD}, as_json=json, text="\n".join(words))


def _documents(file: SeriesFile, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    return [
        {
            "start": file.stamps[alert.first_row],
            "end": file.stamps[alert.last_row],
            "kind": alert.kind.value,
            "severity": alert.size.value,
            "expected": _rounded(alert.expected),
            "observed": _rounded(alert.observed),
        }
        for alert in alerts
    ]


def _words(path: Path, file: SeriesFile, alerts: Sequence[Alert]) -> str:
    lines = [f"{path}: {len(file.stamps):,} rows, {len(alerts)} alert{'' if len(alerts) == 1 else 's'}"]
    lines += [
        f"  {file.stamps[alert.first_row]}  {alert.kind.value.replace('_', ' ')} ({alert.size.value}): "
        f"{_rounded(alert.observed):g}, expected {_rounded(alert.expected):g}"
        for alert in alerts
    ]
    return "\n".join(lines)


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
