"""The text of documents in every format, and what is refused."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.sources.documents.extract import READERS, extract
from agents.sources.documents.passages import cut
from agents.sources.documents.unreadable import UnreadableDocument

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(*paragraphs: str, head: str = "") -> bytes:
    inner = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs)
    return zipped(f'<?xml version="1.0"?>{head}<w:document xmlns:w="{W}"><w:body>{inner}</w:body></w:document>')


def zipped(xml: str, name: str = "word/document.xml") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, xml)
    return made.getvalue()


def pdf(*pages: str) -> bytes:
    """A PDF as small as one can be, one line of Helvetica a page."""
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for n, words in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET"
        font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {4 + 2 * n} 0 R /Resources {font} >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out.encode()


def test_plain_text_keeps_its_lines_and_takes_its_first_as_title():
    found = extract("guide.md", "\ufeff# Brand guide\r\n\r\n\r\n\r\nWe say   *trail*, not path.\x07".encode())
    assert (found.kind, found.title) == ("markdown", "Brand guide")
    assert found.text == "# Brand guide\n\nWe say *trail*, not path."


def test_a_web_page_gives_what_a_reader_sees():
    page = b"<html><head><title>Q3 &amp; us</title><style>p{}</style></head><body><script>x()</script><p>ROAS was 3.1<br>in May</p>"
    found = extract("q3.HTML", page)
    assert found.title == "Q3 & us"
    assert found.text.split("\n")[-2:] == ["ROAS was 3.1", "in May"]
    assert "x()" not in found.text


def test_word_gives_its_paragraphs():
    found = extract("guide.docx", docx("Brand guide", "Blue &amp; green", ""))
    assert (found.kind, found.title, found.text) == ("docx", "Brand guide", "Brand guide\nBlue & green")


def test_pdf_gives_its_pages_with_their_numbers():
    found = extract("results.pdf", pdf("Spring sale", "Lift was 12 percent"))
    assert found.text == "Spring sale\n\nLift was 12 percent"
    assert [found.page_at(found.text.index(words)) for words in ("Spring", "Lift")] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "“.exe” is no document we read. Save it as one of csv, docx, htm"),
        ("noending", b"x", "“.” is no document we read"),
        ("a.txt", b" \n ", "no text was found in it"),
        ("a.txt", b"\x00\xff" * 50, "binary data"),
        ("a.docx", b"PK no", "no Word document, or damaged"),
        ("a.docx", zipped("<x/>", "other.xml"), "no Word document, or damaged"),
        ("a.docx", zipped("<w:document"), "its inside is damaged"),
        ("a.docx", docx("x", head='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "not what Word writes"),
        ("a.docx", zipped("a" * (121 << 20)), "unpacks to far more than its size"),
        ("a.pdf", b"%PDF-1.4 nothing", "no PDF, or damaged"),
        ("a.pdf", pdf("x")[:200], "no PDF, or damaged"),
        ("a.pdf", pdf(" "), "no text was found in it"),
        ("a.txt", b"x" * (31 << 20), "more than 30 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(name, content, words):
    with pytest.raises(UnreadableDocument) as refused:
        extract(name, content)
    assert str(refused.value).startswith(f"{name}: ")
    assert words in str(refused.value)


@settings(deadline=None)
@given(name=st.sampled_from(sorted(READERS)).map(lambda ending: f"x.{ending}"), content=st.binary(max_size=400))
def test_bytes_of_any_kind_are_read_or_refused(name, content):
    with suppress(UnreadableDocument):
        assert extract(name, content).text.strip()


@settings(deadline=None)
@given(cut_at=st.integers(0, 700), flip=st.integers(0, 699), byte=st.integers(0, 255))
def test_a_damaged_pdf_is_read_or_refused(cut_at, flip, byte):
    content = bytearray(pdf("Spring sale", "Lift"))
    content[flip % len(content)] = byte
    with suppress(UnreadableDocument):
        assert extract("x.pdf", bytes(content[: max(cut_at, 60)])).text.strip()


@given(st.text(alphabet="ab .\n", max_size=400), st.integers(10, 60))
def test_passages_hold_every_word_once_and_in_order(text, most):
    pieces = [text[first:last] for first, last in cut(text, most=most)]
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_cut_is_made_between_paragraphs_where_there_are_any():
    text = f"{'a' * 30}\n\n{'b. ' * 10}"
    first, last = next(iter(cut(text, most=50)))
    assert text[first:last] == "a" * 30
