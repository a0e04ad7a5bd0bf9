"""What things are called in the graph: one key for one thing, whoever tells of it.

Keys of platforms' own things begin with the source, so that two platforms' campaign 7 are two campaigns. What the
simulated market tells of stands in a world of its own.
"""

import hashlib
import re
import unicodedata

from storage.records.graph import NodeRef

_MOST_KEY, _MOST_NAME = 300, 300
_GAPS = re.compile(r"[\W_]+")
EVERYWHERE = "everywhere"
"""The market of what is bid for without saying where."""


def campaign(source: str, account: str, id_: str) -> NodeRef:
    return _ref("campaign", source, account, id_)


def account(source: str, id_: str) -> NodeRef:
    return _ref("account", source, id_)


def product(source: str, id_: str) -> NodeRef:
    return _ref("product", source, id_)


def audience(source: str, id_: str) -> NodeRef:
    return _ref("audience", source, folded(id_))


def content(source: str, id_: str) -> NodeRef:
    return _ref("content_item", source, id_)


def leads(source: str, origin: str) -> NodeRef:
    return _ref("lead", source, folded(origin))


def counted(kind: str, source: str, *group: str) -> NodeRef:
    """A number of things of one source that are alike."""
    return _ref(kind, source, *(folded(one) if one else "" for one in group))


def channel(name: str, *, simulated: bool) -> NodeRef:
    return _shared("channel", name, simulated=simulated)


def brand(name: str, *, simulated: bool) -> NodeRef:
    return _shared("brand", name, simulated=simulated)


def category(name: str, *, simulated: bool) -> NodeRef:
    return _shared("category", name, simulated=simulated)


def market(name: str, *, simulated: bool) -> NodeRef:
    return _shared("market", name, simulated=simulated)


def stage(name: str, *, simulated: bool) -> NodeRef:
    return _shared("journey_stage", name, simulated=simulated)


def owner(id_: str) -> NodeRef:
    return _ref("owner", folded(id_))


def kpi(name: str) -> NodeRef:
    return _ref("kpi", name)


def plan(id_: str) -> NodeRef:
    return _ref("plan", id_)


def intent(plan_id: str) -> NodeRef:
    return _ref("intent", plan_id)


def outcome(plan_id: str, kpi_name: str) -> NodeRef:
    return _ref("outcome", plan_id, kpi_name)


def event(*parts: str) -> NodeRef:
    return _ref("event", *parts)


def part(of: NodeRef, kind: str, id_: str) -> NodeRef:
    """An ad group or creative of a campaign."""
    return _ref(kind, of.key, id_)


def folded(text: str) -> str:
    """Without case, accents and punctuation: the same words are the same key."""
    bare = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in bare if not unicodedata.combining(char))
    return _GAPS.sub(" ", kept.casefold()).strip() or text.strip() or "?"


def called(name: str | None, otherwise: str) -> str:
    """A name that the graph can keep: never empty, never too long."""
    return ((name or "").replace("\0", "").strip() or otherwise)[:_MOST_NAME]


def _shared(kind: str, name: str, *, simulated: bool) -> NodeRef:
    return _ref(kind, *(("sandbox",) if simulated else ()), folded(name))


def _ref(kind: str, *parts: str) -> NodeRef:
    # A database ends texts at a NUL when it compares them.
    key = "/".join(parts).replace("\0", "")
    if len(key) > _MOST_KEY:
        # What is cut off must still tell two things apart.
        key = f"{key[: _MOST_KEY - 17]}…{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return NodeRef(type=kind, key=key)
