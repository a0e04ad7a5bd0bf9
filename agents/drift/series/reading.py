"""A person's CSV of one series: columns timestamp and value, read whole or refused with file, line and remedy."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from agents.drift.series.detection import Floats

_NO_VALUE = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--"})
_CLOCK_PUT_BACK = 3600.0
"""Seconds that a row without a zone may lie before the last one: in autumn an hour comes twice."""
_TIME_NAMES, _VALUE_NAMES = ("timestamp", "time", "date", "day", "ds"), ("value", "y")


class SeriesUnreadable(ValueError):
    """Raised for a file that the person who gave it can mend; the text says where and how."""


@dataclass(frozen=True)
class SeriesFile:
    """The rows in the file's order; a missing value is NaN. `texts` are the cells as they were written."""

    stamps: tuple[str, ...]
    texts: tuple[str, ...]
    seconds: Floats
    """Since 1970 by the clock that the file was written by; a zone only says in which order rows came."""
    values: Floats


def read_series(path: Path) -> SeriesFile:
    """Read the file. Raises SeriesUnreadable."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SeriesUnreadable(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise SeriesUnreadable(f"{path} is a folder: name a CSV file with the columns timestamp,value") from None
    except UnicodeDecodeError as error:
        raise SeriesUnreadable(f"{path}: byte {error.start + 1} is not UTF-8: save the file as CSV in UTF-8") from None
    except OSError as error:
        raise SeriesUnreadable(f"{path}: cannot be read ({error.strerror})") from None
    return _parsed(text, path)


def _parsed(text: str, path: Path) -> SeriesFile:
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        return _columns(rows, path)
    except csv.Error as error:
        raise SeriesUnreadable(f"{path}, line {rows.line_num}: no CSV ({error})") from None


def _columns(rows: Any, path: Path) -> SeriesFile:
    header = [name.strip().lower() for name in next(rows, [])]
    time_column, value_column = _column(header, _TIME_NAMES, path), _column(header, _VALUE_NAMES, path)
    stamps: list[str] = []
    texts: list[str] = []
    seconds: list[float] = []
    values: list[float] = []
    latest = 0.0
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path}, line {rows.line_num}"
        if len(row) <= max(time_column, value_column):
            raise SeriesUnreadable(f"{where}: {len(row)} cells, the header has {len(header)}")
        second, instant = _moment(row[time_column], where)
        if seconds and instant < latest - _CLOCK_PUT_BACK:
            raise SeriesUnreadable(f"{where}: {row[time_column]} comes before {stamps[-1]}: sort the file by timestamp")
        stamps.append(row[time_column].strip())
        texts.append(row[value_column].strip())
        seconds.append(second)
        latest = instant
        values.append(_value(row[value_column], where))
    if not seconds:
        raise SeriesUnreadable(f"{path}: no rows below the header")
    return SeriesFile(tuple(stamps), tuple(texts), np.array(seconds), np.array(values))


def _column(header: list[str], names: tuple[str, ...], path: Path) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise SeriesUnreadable(
        f"{path}, line 1: no column {names[0]} in {','.join(header) or 'an empty line'!r}: "
        "the first line must name the columns timestamp,value"
    )


def _moment(text: str, where: str) -> tuple[float, float]:
    """Seconds by the clock on the wall, which seasons follow (at noon it is noon, whatever the zone), and in UTC."""
    written = text.strip()
    if written.isdigit() and len(written) in {10, 13}:
        second = float(written) / (1000 if len(written) == 13 else 1)
        return second, second
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise SeriesUnreadable(
            f"{where}: {text!r} is no timestamp: write it as 2026-03-01 or 2026-03-01 14:00:00"
        ) from None
    wall = moment.replace(tzinfo=UTC).timestamp()
    return wall, wall if moment.tzinfo is None else moment.timestamp()


def _value(text: str, where: str) -> float:
    if text.strip().lower() in _NO_VALUE:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        raise SeriesUnreadable(f"{where}: {text!r} is no number: write it as 1234.5, or leave it empty") from None
    if not np.isfinite(value) or abs(value) > 1e150:
        raise SeriesUnreadable(f"{where}: {text!r} is no finite number: leave the cell empty if the value is missing")
    return value
