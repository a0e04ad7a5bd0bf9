"""WordPress exports come to content with its states; what could be an attack is refused before it is read."""

from pathlib import Path

import pytest

from tests.unit.agents.entities.files import SAMPLES, at, got, known, refusal, sample, written

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:wp="http://wordpress.org/export/1.2/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><language>en-US</language>\n'
)
TAIL = "</channel></rss>\n"


def item(number: int, *, status: str = "publish", date: str = "2026-01-05 10:00:00", more: str = "") -> str:
    return (
        f"<item><title>T{number}</title><wp:post_id>{number}</wp:post_id><wp:post_date_gmt>{date}</wp:post_date_gmt>"
        f"<wp:status>{status}</wp:status><wp:post_type>post</wp:post_type>{more}</item>\n"
    )


def test_posts_and_pages_with_their_states():
    site = sample("wordpress.xml")
    tips, untitled, later, secret = site.rows("content")
    assert tips["title"] == "Tips & tricks <b>2026</b> ]]> more"
    assert (tips["id"], tips["status"], tips["author"], tips["locale"]) == ("11", "published", "ines", "de")
    assert (tips["published_at"], tips["updated_at"]) == (at("2026-01-10 09:00"), at("2026-01-12 09:00"))
    assert (tips["categories"], tips["business_unit"], tips["translation_of"]) == ("News & more", "Retail", None)
    assert (untitled["title"], untitled["status"], untitled["published_at"]) == ("(no title)", "draft", None)
    assert untitled["locale"] == "de-DE"
    assert (later["status"], later["planned_at"], later["published_at"]) == ("scheduled", at("2026-06-01 09:00"), None)
    assert (later["kind"], later["translation_of"]) == ("page", "11")
    assert (secret["status"], secret["published_at"]) == ("private", at("2026-02-02 09:00"))
    assert site.dropped() == {51: "no page: attachment"}
    assert site.tally.account == "https://example.com/blog"
    assert site.tally.rows_read == 5


def test_a_comment_in_a_post_is_not_the_post():
    assert "spam" not in sample("wordpress.xml").column("content", "status")


def test_items_of_unknown_states_are_set_aside_and_the_rest_lands(tmp_path: Path):
    text = HEAD + "".join(item(n, status="lost" if n == 7 else "publish") for n in range(1, 31)) + TAIL
    site = got(known(written(tmp_path, text, "site.xml")))
    assert site.tally.rows_by_dataset == {"content": 29}
    assert site.reasons() == {9: "status is lost, must be one of draft, scheduled, published, private, trash"}
    assert site.quarantined[0].cells["wp:post_id"] == "7"


def test_control_characters_are_left_out_and_counted(tmp_path: Path):
    text = HEAD + item(1).replace("T1", "T\x0b1\x00") + TAIL
    site = got(known(written(tmp_path, text, "site.xml")))
    assert site.column("content", "title") == ["T1"]
    assert site.tally.notes == ("2 control characters that XML forbids were left out",)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>',
        '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://example.com/evil.dtd">',
        "<!DOCTYPE rss>",
    ],
)
def test_entities_are_refused_before_anything_is_expanded(tmp_path: Path, declaration: str):
    text = HEAD.replace("?>\n", f"?>\n{declaration}\n") + item(1, more="<dc:creator>&lol2;&file;</dc:creator>") + TAIL
    error = refusal(written(tmp_path, text, "site.xml"))
    assert "declares a document type or entities" in error.problem
    assert error.line == 2


def test_a_cut_export_is_refused_with_its_line(tmp_path: Path):
    whole = (SAMPLES / "wordpress.xml").read_text(encoding="utf-8")
    error = refusal(written(tmp_path, whole[:2500], "site.xml"))
    assert "cut off" in error.remedy
    assert error.line is not None


def test_an_export_of_pictures_alone_is_refused(tmp_path: Path):
    text = HEAD + item(1).replace("<wp:post_type>post", "<wp:post_type>attachment") + TAIL
    assert "no posts or pages" in refusal(written(tmp_path, text, "site.xml")).problem
