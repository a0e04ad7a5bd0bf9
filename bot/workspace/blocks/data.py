"""Rules of the blocks that show data: table, data_table, data_visualization."""

from typing import Any

from bot.workspace.blocks.check import (
    Check,
    Rule,
    anything,
    boolean,
    by_type,
    enum,
    integer,
    items,
    number,
    shape,
    string,
)
from bot.workspace.blocks.rich_text import RICH_TEXT

Json = dict[str, Any]

MOST_TABLE_CHARACTERS = 10_000
MOST_CHARTS = 2

_RAW = {
    "raw_text": shape({"type": anything, "text": string(10_000)}),
    "raw_number": shape({"type": anything, "value": number, "text": string(255)}),
}
_CELL = by_type({**_RAW, "rich_text": RICH_TEXT})
_HEADER_CELL = by_type(_RAW)
_COLUMN = shape(optional={"align": enum("left", "center", "right"), "is_wrapped": boolean})


def _nullable(rule: Rule) -> Rule:
    return lambda value, at, check: None if value is None else rule(value, at, check)


def characters(value: Any) -> int:
    """How many characters of text a piece of a block shows."""
    if isinstance(value, dict):
        return sum(
            len(part) if key == "text" and isinstance(part, str) else characters(part) for key, part in value.items()
        )
    return sum(characters(part) for part in value) if isinstance(value, list) else 0


def _table_as_a_whole(value: Json, at: str, check: Check) -> None:
    if check.count("table") > 1:
        check.note(at, "only one table allowed")
    if characters(value.get("rows")) > MOST_TABLE_CHARACTERS:
        check.note(f"{at}/rows", f"must be less than {MOST_TABLE_CHARACTERS + 1} characters in all cells")


def _data_rows(value: Json, at: str, check: Check) -> None:
    rows = value.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        return
    items(_HEADER_CELL, most=20)(rows[0], f"{at}/rows/0", check)
    for index, row in enumerate(rows[1:], start=1):
        items(_CELL, most=20)(row, f"{at}/rows/{index}", check)
        if len(row) != len(rows[0]):
            check.note(f"{at}/rows/{index}", f"must have {len(rows[0])} cells like the header")


TABLE = shape(
    {"type": anything, "rows": items(items(_CELL, most=20), most=100)},
    {"block_id": anything, "column_settings": items(_nullable(_COLUMN), least=0, most=20)},
    _table_as_a_whole,
)
DATA_TABLE = shape(
    {
        "type": anything,
        "caption": string(2000),
        "rows": items(items(anything, most=20), least=2, most=101),
    },
    {"block_id": anything, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
    _data_rows,
)

_LABEL = string(20)
_POINT = shape({"label": _LABEL, "value": number})
_SERIES = shape({"name": _LABEL, "data": items(_POINT, most=20)})
_AXIS = shape(
    {"categories": items(_LABEL, most=20)},
    {"x_label": string(50), "y_label": string(50)},
)


def _slices_are_positive(value: Json, at: str, check: Check) -> None:
    segments = value.get("segments")
    for index, segment in enumerate(segments if isinstance(segments, list) else []):
        size = segment.get("value") if isinstance(segment, dict) else None
        if isinstance(size, int | float) and size <= 0:
            check.note(f"{at}/segments/{index}/value", "must be more than 0")


def _points_match_categories(value: Json, at: str, check: Check) -> None:
    axis, series = value.get("axis_config"), value.get("series")
    categories = axis.get("categories") if isinstance(axis, dict) else None
    if not isinstance(categories, list) or not isinstance(series, list):
        return
    names = [entry.get("name") for entry in series if isinstance(entry, dict)]
    if len({str(name) for name in names}) != len(names):
        check.note(f"{at}/series", "names must be unique")
    for index, entry in enumerate(series):
        points = entry.get("data") if isinstance(entry, dict) else None
        if isinstance(points, list):
            labels = [point.get("label") for point in points if isinstance(point, dict)]
            if sorted(map(str, labels)) != sorted(map(str, categories)):
                check.note(f"{at}/series/{index}/data", "labels must match the categories")


_XY = shape({"type": anything, "series": items(_SERIES, most=6), "axis_config": _AXIS}, None, _points_match_categories)
_PIE = shape({"type": anything, "segments": items(_POINT, most=6)}, None, _slices_are_positive)


def _few_charts(_value: Json, at: str, check: Check) -> None:
    if check.count("data_visualization") > MOST_CHARTS:
        check.note(at, f"no more than {MOST_CHARTS} data_visualization blocks allowed")


DATA_VISUALIZATION = shape(
    {
        "type": anything,
        "title": string(50),
        "chart": by_type({"pie": _PIE, "bar": _XY, "area": _XY, "line": _XY}),
    },
    {"block_id": anything},
    _few_charts,
)
