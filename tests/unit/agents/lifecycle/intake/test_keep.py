"""Documents come in, get a next version, are removed and lose the texts of the forgotten."""

import pytest

from agents.lifecycle.decide import Declined
from agents.lifecycle.intake.keep import Kept, Librarian
from agents.sources.documents.unreadable import UnreadableDocument
from tests.builders import OLIVIA, VICTOR
from tests.unit.agents.lifecycle.house import House

GUIDE = b"# Brand guide\n\nWe say trail, not path. Ask Jane Doe (jane@example.com)."


@pytest.fixture
def librarian(house: House) -> Librarian:
    return Librarian(house.ledger, house.rulebook, clock=house.clock)


async def kept(librarian: Librarian, content: bytes = GUIDE, name: str = "guide.md") -> Kept:
    done = await librarian.keep(name, content, OLIVIA, via="cli")
    assert isinstance(done, Kept)
    return done


async def test_the_same_file_is_kept_once_and_another_becomes_the_next_version(house: House, librarian: Librarian):
    first = await kept(librarian)
    again = await kept(librarian)
    second = await kept(librarian, b"# Brand guide\n\nWe say way.")
    assert (again.new, again.document) == (False, first.document)
    assert (second.document.id, second.document.version, second.new) == ("DOC-2", 2, True)
    async with house.ledger.read() as tx:
        assert [one.id for one in await tx.documents.live()] == ["DOC-2"]
        assert await tx.documents.passages("DOC-1") == ()
        (passage,) = await tx.documents.passages("DOC-2")
        why = await tx.lineage.ancestors("DOC-2")
    assert passage.text == "# Brand guide\n\nWe say way."
    assert [step.id for step in why] == [f"file:{second.document.sha256[:12]}"]


async def test_a_removed_document_says_nothing_any_more(house: House, librarian: Librarian):
    document = (await kept(librarian)).document
    gone = await librarian.remove(document.id, OLIVIA, via="cli")
    assert not isinstance(gone, Declined)
    async with house.ledger.read() as tx:
        assert await tx.documents.live() == ()
        assert await tx.documents.passages(document.id) == ()
        known = await tx.documents.get(document.id)
    assert known is not None
    assert known.title == ""
    assert isinstance(await librarian.remove(document.id, OLIVIA, via="cli"), Declined)
    assert isinstance(await librarian.remove("DOC-9", OLIVIA, via="cli"), Declined)
    # The same file again is a new version, not a return of the old one.
    assert (await kept(librarian)).document.version == 2


async def test_a_forgotten_person_is_in_no_passage(house: House, librarian: Librarian):
    await kept(librarian)
    other = await kept(librarian, "Grüße von Ärzte & JANE doe".encode(), "brief.txt")
    async with house.ledger.write() as tx:
        assert await tx.documents.forget(["Jane Doe", "jane@example.com"]) == 2
    async with house.ledger.read() as tx:
        texts = [one.text for name in ("DOC-1", other.document.id) for one in await tx.documents.passages(name)]
    assert texts == ["# Brand guide\n\nWe say trail, not path. Ask (erased) ((erased)).", "Grüße von Ärzte & (erased)"]


async def test_an_unreadable_file_leaves_nothing(house: House, librarian: Librarian):
    with pytest.raises(UnreadableDocument):
        await librarian.keep("guide.docx", b"no", OLIVIA, via="cli")
    async with house.ledger.read() as tx:
        assert await tx.documents.live() == ()


async def test_a_viewer_keeps_and_removes_nothing(librarian: Librarian):
    document = (await kept(librarian)).document
    assert isinstance(await librarian.keep("x.txt", b"x", VICTOR, via="cli"), Declined)
    assert isinstance(await librarian.remove(document.id, VICTOR, via="cli"), Declined)
