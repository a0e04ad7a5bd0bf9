"""A streamed message while it grows: pieces of text and tasks, shown as blocks at any time."""

from dataclasses import dataclass, field
from typing import Any

from bot.workspace.blocks.validate import check_message_blocks
from bot.workspace.errors import ApiError
from bot.workspace.posting import MOST_MARKDOWN
from bot.workspace.seeds import Json


@dataclass
class Draft:
    """What a stream consists of so far: pieces of text and tasks in their order, tasks by id."""

    mode: str
    title: str = "Plan"
    pieces: list[Json] = field(default_factory=list)

    def take(self, chunk: Any) -> None:
        """Add one chunk; raises ApiError `invalid_chunks` for one Slack does not know."""
        kind = chunk.get("type") if isinstance(chunk, dict) else None
        if kind == "markdown_text" and isinstance(chunk.get("text"), str):
            self._text(chunk["text"])
        elif kind == "task_update":
            self._task(chunk)
        elif kind == "plan_update" and isinstance(chunk.get("title"), str):
            self.title = chunk["title"]
        elif kind == "blocks":
            check_message_blocks(chunk.get("blocks"), at="/chunks/blocks")
            self.pieces += chunk["blocks"]
        else:
            raise ApiError("invalid_chunks")

    def text(self) -> str:
        """All text, for screens that show no blocks."""
        return "".join(piece["text"] for piece in self.pieces if piece["type"] == "markdown")

    def blocks(self) -> list[Json]:
        """The blocks that show the stream as it is now."""
        if self.mode != "plan":
            return list(self.pieces)
        tasks = [piece for piece in self.pieces if piece["type"] == "task_card"]
        rest = [piece for piece in self.pieces if piece["type"] != "task_card"]
        return [{"type": "plan", "title": self.title, "tasks": tasks}, *rest] if tasks else rest

    def _text(self, text: str) -> None:
        last = self.pieces[-1] if self.pieces else None
        if last is not None and last["type"] == "markdown" and len(last["text"]) + len(text) <= MOST_MARKDOWN:
            self.pieces[-1] = {**last, "text": last["text"] + text}
        elif text:
            self.pieces.append({"type": "markdown", "text": text})

    def _task(self, chunk: Json) -> None:
        task = {"type": "task_card", "task_id": chunk.get("id")}
        for key in ("title", "status", "sources"):
            if key in chunk:
                task[key] = chunk[key]
        for key in ("details", "output"):
            if chunk.get(key):
                task[key] = _rich(chunk[key])
        known = next((i for i, piece in enumerate(self.pieces) if piece.get("task_id") == task["task_id"]), None)
        merged = task if known is None else {**self.pieces[known], **task}
        check_message_blocks([merged], at="/chunks")
        if known is None:
            self.pieces.append(merged)
        else:
            self.pieces[known] = merged


def _rich(text: Any) -> Json:
    words = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [words]}]}
