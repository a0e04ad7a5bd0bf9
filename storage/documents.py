"""Documents: texts that the company wrote, every version listed, the newest one's passages to be quoted."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.documents import Document, Passage
from storage.records.forgotten import searchable, without
from storage.repositories.counters import next_number
from storage.tables.documents import document, passage


class Documents:
    """Keeps and finds them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def newest(self, name: str) -> Document | None:
        """The newest version of that name, removed or not."""
        query = select(document.c.body).where(document.c.name == name).order_by(document.c.version.desc()).limit(1)
        body = await self._connection.scalar(query)
        return None if body is None else Document.model_validate_json(body)

    async def get(self, document_id: str) -> Document | None:
        body = await self._connection.scalar(select(document.c.body).where(document.c.id == document_id))
        return None if body is None else Document.model_validate_json(body)

    async def live(self) -> tuple[Document, ...]:
        """What may be quoted: the newest version of each, by number."""
        query = select(document.c.body).where(document.c.live == 1).order_by(document.c.number)
        return tuple(Document.model_validate_json(body) for body in await self._connection.scalars(query))

    async def next_number(self) -> int:
        """The transaction must hold the write lock."""
        return await next_number(self._connection, "document")

    async def add(self, made: Document, passages: Iterable[Passage]) -> None:
        """Keep it with its passages; versions before it are not quoted any more, and their texts go."""
        earlier = select(document.c.id).where(document.c.name == made.name)
        await self._connection.execute(delete(passage).where(passage.c.document_id.in_(earlier)))
        await self._connection.execute(update(document).where(document.c.name == made.name).values(live=0))
        await self._connection.execute(
            insert(document).values(
                id=made.id,
                number=made.number,
                name=made.name,
                version=made.version,
                sha256=made.sha256,
                live=1,
                body=made.model_dump_json(),
            )
        )
        rows = [
            {"document_id": one.document, "position": one.position, "body": one.model_dump_json()} for one in passages
        ]
        if rows:
            await self._connection.execute(insert(passage), rows)

    async def remove(self, known: Document, *, now: datetime) -> Document:
        """Take its text away; that it was there, and its hash, stay."""
        gone = known.model_copy(update={"removed_at": now, "title": "", "passages": 0})
        await self._connection.execute(delete(passage).where(passage.c.document_id == known.id))
        await self._connection.execute(
            update(document).where(document.c.id == known.id).values(live=0, body=gone.model_dump_json())
        )
        return gone

    async def passages(self, document_id: str) -> tuple[Passage, ...]:
        """In order; none of a document that was removed or replaced."""
        query = select(passage.c.body).where(passage.c.document_id == document_id).order_by(passage.c.position)
        return tuple(Passage.model_validate_json(body) for body in await self._connection.scalars(query))

    async def forget(self, texts: Collection[str]) -> int:
        """Put a word in place of these texts wherever a passage holds one; gives how many passages did."""
        changed = 0
        for text in searchable(texts):
            holding = select(passage).where(func.instr(func.lower(passage.c.body), _as_kept(text)) > 0)
            for row in (await self._connection.execute(holding)).all():
                before = Passage.model_validate_json(row.body)
                after = before.model_copy(update={"text": without(before.text, texts)})
                if after == before:
                    continue
                changed += 1
                at = (passage.c.document_id == row.document_id, passage.c.position == row.position)
                await self._connection.execute(update(passage).where(*at).values(body=after.model_dump_json()))
        return changed


def _as_kept(text: str) -> str:
    """A text as it stands in a passage's JSON, in lower case as the database makes it: ASCII letters alone."""
    kept = Passage(document="", position=1, first=0, last=0, text=text).model_dump_json()
    inner = kept[kept.index('"text":"') + len('"text":"') : -2]
    return "".join(letter.lower() if letter.isascii() else letter for letter in inner)
