"""What stands in a home, read with nothing of the product: straight from its database files, in the words of the table.

Whatever a payload did shows in the difference between two looks.
"""

import sqlite3
from pathlib import Path

State = dict[str, str]
"""What there is, as "table key" → how it is."""

_OFFICE = {
    "plan": "SELECT id, state FROM plan",
    "revision": "SELECT plan_id || '#' || revision, digest FROM plan_revision",
    "decision": "SELECT id, json_extract(body, '$.answer') || ' by ' || person_id FROM decision",
    "execution": "SELECT key, state FROM execution",
    "freeze": "SELECT number, in_force FROM freeze",
    "glass": "SELECT id, coalesce(json_extract(body, '$.reviewed_by'), 'open') FROM glass",
    "delegation": "SELECT number, coalesce(json_extract(body, '$.ended_at'), 'holds') FROM delegation",
    "edition": "SELECT number, version FROM edition",
    "alert": "SELECT id, state FROM alert",
    "question": "SELECT id, state FROM question",
    "nudge": "SELECT id, json_extract(body, '$.person_id') FROM nudge",
    "quiet": "SELECT plan_id || person_id, person_id || until FROM quiet",
    "person": "SELECT id, body FROM person",
    "trail": (
        "SELECT action, count(*) FROM (SELECT actor, action FROM audit UNION ALL SELECT actor, action FROM audit_outbox)"
        " WHERE actor LIKE 'person:%' GROUP BY action"
    ),
}
_MARKET = {
    "budget": "SELECT campaign_id, daily_budget_minor || status || coalesce(creative, '') FROM campaigns",
    "edit": "SELECT seq, actor FROM changes",
    "day": "SELECT 'today', today FROM clock",
}
_TRUTH = {"scenario": "SELECT seed, scenario FROM world"}


class Onlooker:
    """Looks at one home again and again; a file that nobody wrote to since the last look is not read again."""

    def __init__(self, home: Path) -> None:
        self._files = [
            (sqlite3.connect(f"file:{home / file}?mode=ro", uri=True), queries)
            for file, queries in (("countersign.db", _OFFICE), ("market.db", _MARKET), ("market_truth.db", _TRUTH))
        ]
        self._read: dict[sqlite3.Connection, tuple[int, State]] = {}

    def look(self) -> State:
        """Everything that a person could have changed."""
        seen: State = {}
        for database, queries in self._files:
            # SQLite's own count of what others committed, asked first: what comes meanwhile is seen by the next look.
            ((version,),) = database.execute("PRAGMA data_version")
            if database not in self._read or self._read[database][0] != version:
                self._read[database] = (version, _rows(database, queries))
            seen |= self._read[database][1]
        return seen

    def close(self) -> None:
        for database, _ in self._files:
            database.close()


def _rows(database: sqlite3.Connection, queries: dict[str, str]) -> State:
    return {f"{table} {key}": str(value) for table, query in queries.items() for key, value in database.execute(query)}


def changed(before: State, after: State, actor: str) -> frozenset[str]:
    """The difference in the words of the table; the actor is "me", and equal lines are one."""
    lines = set()
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if was != now:
            lines.add(_line(*key.split(" ", 1), was, now).replace(f"by {actor}", "by me"))
    return frozenset(lines)


def _line(table: str, key: str, was: str | None, now: str | None) -> str:
    if now is None:
        return f"{table} gone"
    match table:
        case "plan" | "alert" | "question":
            return f"new {table}: {now}" if was is None else f"{table}: {was} → {now}"
        case "decision":
            return now
        case "trail":
            return f"trail: {key}"
        case "freeze":
            return "frozen" if now == "1" else "thawed"
        case "glass":
            return "glass broken" if was is None else f"glass reviewed by {now}"
        case "delegation":
            return "delegated" if was is None else "delegation ended"
        case "nudge":
            return f"asked {now}"
        case "revision":
            return "new revision" if was is None else "revision rewritten"
        case "quiet":
            return "quiet"
        case _:
            return f"new {table}" if was is None else f"{table} changed"
