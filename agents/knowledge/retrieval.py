"""The port through which documents are searched: passages with their place, best first."""

from typing import Protocol

from storage.records.documents import Passage


class Retriever(Protocol):
    """Finds what the company wrote about something."""

    async def find(self, question: str, *, most: int) -> tuple[Passage, ...]:
        """At most so many passages, best first; none where nothing fits: nobody is to be told a guess."""
