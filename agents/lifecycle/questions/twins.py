"""Twins: where two names may be one thing, a person is asked; nothing is guessed.

A name that data mentions and nobody knows may be another name of a campaign (`alias`). Things of two sources with
the same name or id may be one thing (`merge`): an analytics tool's campaigns are the ad platform's.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from agents.knowledge import things
from agents.knowledge.charted import Charted
from agents.knowledge.charting import Charter
from agents.knowledge.charts.facts import WITNESSES
from agents.lifecycle.questions.ask import Asker, Inquiry
from storage.ledger import Ledger, Transaction
from storage.records.graph import NodeRef, NodeView, NotDone
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind
from storage.records.record import digest_of

LEAST_ALIKE = 80
MOST_OPEN = 5
"""Questions of this kind that people are asked at once."""
_MOST_PAIRS = 100
_SAME, _APART = "same", "apart"
_MERGED_TYPES = ("campaign", "product", "audience")
Pair = tuple[NodeView, NodeView]
"""What would go, and what it would be."""


class Twins:
    """Asks about what may be one thing, whenever charting came upon something new."""

    def __init__(self, ledger: Ledger, charter: Charter, asker: Asker, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._charter = charter
        charter.on_news(self.ask)
        self._asker = asker
        self._clock = clock
        asker.handle(QuestionKind.MERGE, self.settle)

    async def ask(self, charted: Charted) -> None:
        """Ask about the names that came up."""
        async with self._ledger.write() as tx:
            await self._ask_names(tx, charted.unknown)
            await self._ask_pairs(tx, charted.new)

    async def settle(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        """Carry out the answer to a MERGE question."""
        now, pairs = self._clock(), [(str(a), str(b)) for a, b in question.subject["pairs"]]
        if option.id == _APART:
            for pair in pairs:
                await tx.home.put(_apart(*pair), question.id)
            return "They stay apart, and this is not asked again."
        if question.subject["do"] == "alias":
            ((name, ref),) = pairs
            done = await tx.graph.alias(NodeRef.parse(ref), name, by=person.id, now=now)
            return (
                f"It was not done: {done.reason}." if isinstance(done, NotDone) else f"“{name}” is known from now on."
            )
        refused = []
        for gone, into in pairs:
            merged = await tx.graph.merge(NodeRef.parse(gone), NodeRef.parse(into), by=person.id, now=now)
            if isinstance(merged, NotDone):
                refused.append(f"{gone}: {merged.reason}")
        words = f"{len(pairs) - len(refused)} of {len(pairs)} are one thing from now on."
        return words if not refused else f"{words} Not so: {'; '.join(refused)[:600]}"

    async def _ask_names(self, tx: Transaction, unknown: Sequence[tuple[str, str]]) -> None:
        names = list(dict.fromkeys(name for _, name in unknown))
        alike = await tx.graph.candidates_for(names, "campaign", least=LEAST_ALIKE)
        for source, name in unknown:
            for candidate in alike.get(name, ())[:1]:
                if await tx.home.get(_apart(name, str(candidate.ref))) is not None or await self._enough(tx):
                    continue
                await self._asker.ask(
                    tx,
                    Inquiry(
                        key=f"alias/{digest_of({'name': name})[:16]}",
                        kind=QuestionKind.MERGE,
                        title="Two names, one campaign?",
                        lines=(
                            f"{source} names a campaign “{name}”, and nobody else does.",
                            f"It may be “{candidate.name}” ({candidate.why}).",
                        ),
                        options=_options("It is the same", "It is another one"),
                        if_nobody_answers=f"What {source} says of “{name}” is linked to no campaign.",
                        subject={"do": "alias", "pairs": [[name, str(candidate.ref)]]},
                    ),
                )

    async def _ask_pairs(self, tx: Transaction, new: Sequence[NodeRef]) -> None:
        fresh = frozenset(new)
        for kind in _MERGED_TYPES:
            if not any(ref.type == kind for ref in fresh):
                continue
            views = await tx.graph.nodes(kind, valid_at=self._charter.now())
            for (gone, into), pairs in _pairs(views, fresh).items():
                asked = [one for one in pairs if await tx.home.get(_apart(str(one[0].ref), str(one[1].ref))) is None]
                if asked and not await self._enough(tx):
                    await self._asker.ask(tx, _inquiry(kind, gone, into, asked[:_MOST_PAIRS]))

    async def _enough(self, tx: Transaction) -> bool:
        return len(await tx.questions.open(QuestionKind.MERGE)) >= MOST_OPEN


def _pairs(views: Iterable[NodeView], fresh: frozenset[NodeRef]) -> dict[tuple[str, str], list[Pair]]:
    """(source of what would go, source of what it would be) → pairs with the same name, of which one is new."""
    by_name: dict[str, list[NodeView]] = {}
    for view in views:
        by_name.setdefault(things.folded(_identity(view)), []).append(view)
    found: dict[tuple[str, str], list[Pair]] = {}
    for same in by_name.values():
        for gone in same:
            rivals = [one for one in same if _may_be(gone, one) and fresh & {gone.ref, one.ref}]
            if len(rivals) == 1:
                found.setdefault((_source(gone), _source(rivals[0])), []).append((gone, rivals[0]))
    return found


def _identity(view: NodeView) -> str:
    """Products are told apart by their ids, everything else by name."""
    return view.ref.key.partition("/")[2] if view.ref.type == "product" else view.name


def _may_be(gone: NodeView, into: NodeView) -> bool:
    """Two platforms' campaigns are two, whatever they are called; what an analytics tool calls so may be either."""
    if _source(gone) == _source(into):
        return False
    if gone.ref.type == "campaign":
        return _source(gone) in WITNESSES and _source(into) not in WITNESSES
    return str(gone.ref) > str(into.ref)


def _source(view: NodeView) -> str:
    return view.ref.key.partition("/")[0]


def _inquiry(kind: str, gone: str, into: str, pairs: Sequence[Pair]) -> Inquiry:
    which = f"Is a {kind} of {gone}" if len(pairs) == 1 else f"Are {len(pairs)} {kind}s of {gone}"
    digest = digest_of({"pairs": [[str(a.ref), str(b.ref)] for a, b in pairs]})[:12]
    return Inquiry(
        key=f"merge/{kind}/{gone}/{into}/{digest}",
        kind=QuestionKind.MERGE,
        title=f"{which} the same as in {into}?",
        lines=(f"They are called alike in {gone} and in {into}.",),
        table=((f"In {gone}", f"In {into}"), *((a.name, b.name) for a, b in pairs[:20])),
        options=_options("They are the same", "Keep them apart"),
        if_nobody_answers="They stay apart; nothing is added up.",
        subject={"do": "merge", "pairs": [[str(a.ref), str(b.ref)] for a, b in pairs]},
    )


def _options(same: str, apart: str) -> tuple[Option, ...]:
    return (
        Option(id=_SAME, label=same, style="primary"),
        Option(id=_APART, label=apart),
    )


def _apart(one: str, other: str) -> str:
    """Where it is kept that a person said that they are two."""
    return f"apart:{digest_of({'pair': sorted((one, other))})}"
