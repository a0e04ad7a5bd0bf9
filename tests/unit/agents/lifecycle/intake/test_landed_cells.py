"""Of a file that tells of people the lake keeps the cells, with tokens for the persons in them: JSON and XML, too."""

import json
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.intake.raw_cells import cells_of
from agents.sources.exports.report import ExportReport
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

EVENTS = [
    {"event": "signed up", "distinct_id": "ann@example.com", "uuid": "1", "timestamp": "2025-05-01T10:00:00Z",
     "properties": {"plan": "pro", "email": "ann@example.com"}},
    {"event": "report opened", "distinct_id": "ben@example.com", "uuid": "2", "timestamp": "2025-05-02T10:00:00Z",
     "properties": {"plan": "free"}},
]  # fmt: skip
WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Acme</title><wp:base_blog_url>https://acme.example</wp:base_blog_url>
<wp:author><wp:author_login>ann</wp:author_login><wp:author_email>ann@example.com</wp:author_email></wp:author>
<item><title>Spring</title><link>https://acme.example/spring</link><dc:creator>ann</dc:creator>
<wp:post_id>7</wp:post_id><wp:post_date_gmt>2025-05-01 10:00:00</wp:post_date_gmt><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type>
<wp:postmeta><wp:meta_key>_billing_email</wp:meta_key><wp:meta_value>cy@example.com</wp:meta_value></wp:postmeta>
<wp:comment><wp:comment_author>Ben</wp:comment_author><wp:comment_author_email>ben@example.com</wp:comment_author_email>
<wp:comment_author_IP>10.0.0.7</wp:comment_author_IP><wp:comment_content>call me</wp:comment_content></wp:comment>
</item></channel></rss>
"""


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def kept_of(room: FilesRoom, folder: Path, name: str, text: str) -> tuple[str, pl.DataFrame]:
    """The copy that the lake keeps of a file, as text and read."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    made = await room.landed(path)
    assert made.report is not None
    (told,) = await room.lake.landed.all()
    assert told.tokens
    copy = await room.lake.landed.restore(made.report.content_sha256, folder / "again")
    return copy.read_text(encoding="utf-8"), pl.read_csv(copy, infer_schema=False)


async def test_json_is_kept_as_cells_with_tokens(room: FilesRoom, tmp_path: Path):
    text, cells = await kept_of(room, tmp_path, "events.json", json.dumps(EVENTS))
    assert cells["event"].to_list() == ["signed up", "report opened"]
    assert cells["timestamp"].to_list() == ["2025-05-01T10:00:00Z", "2025-05-02T10:00:00Z"]
    assert "example.com" not in text
    assert all(one.startswith("p_") for one in cells["distinct_id"])
    async with room.house.ledger.read() as tx:
        shown = await tx.vault.texts(cells["distinct_id"].to_list())
    assert sorted(shown.values()) == ["ann@example.com", "ben@example.com"]


async def test_of_a_site_is_kept_what_is_read_and_nothing_of_who_wrote_to_it(room: FilesRoom, tmp_path: Path):
    text, cells = await kept_of(room, tmp_path, "site.xml", WXR)
    assert cells.select("title", "wp:post_id", "wp:status").rows() == [("Spring", "7", "publish")]
    assert not [
        word for word in ("example.com", "Ben", "10.0.0.7", "call me") if word in text.replace("acme.example", "")
    ]


async def refused_copy(room: FilesRoom, path: Path) -> ExportReport:
    """The report of a file that lands, and of which the lake keeps no copy."""
    made = await room.landed(path)
    assert made.report is not None
    assert await room.lake.landed.all() == ()
    return made.report


async def test_a_file_whose_own_column_is_called_line_lands_without_a_copy(room: FilesRoom, tmp_path: Path):
    """Cells are kept with the line they stood on, and two columns of one name could not be told apart."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([{**one, "line": "7"} for one in EVENTS]), encoding="utf-8")
    await refused_copy(room, path)
    assert [one.rows for one in await room.loads()] == [{"usage_event": 2}]


async def test_of_a_table_with_a_column_called_line_no_copy_is_kept(room: FilesRoom, tmp_path: Path):
    path = tmp_path / "leads.csv"
    path.write_text("Email;Name;Created;line\nann@example.com;Ann;2025-05-01;7\n", encoding="utf-8")
    mapping = "dataset: lead\nsource: newsletter\ncolumns: {id: Email, email: Email, name: Name, created_at: Created}\n"
    (tmp_path / "leads.csv.mapping.yml").write_text(mapping, encoding="utf-8")
    report = await refused_copy(room, path)
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    assert cells_of(path, report) is None, "a file that was overwritten since by something else has no cells"
    path.write_text("Colour;Size\nred;3\n", encoding="utf-8")
    assert cells_of(path, report) is None, "nor has one with other headers"
