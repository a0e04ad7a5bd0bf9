"""Promote: which version of an artefact decisions are made with; moving on, or back, is asked of a second person."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.governance.rules import Act
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.questions.ask import AnswerRefused, Asker, Inquiry
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.models import ArtefactKind, ModelVersion, Stage, StageEvent
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind
from storage.records.record import Record

RELEASE = "release"
"""Who brings what the product ships."""
APPROVE, REFUSE = "approve", "refuse"
_MOST_LINES = 20


@dataclass(frozen=True)
class Artefact:
    """Something that this release ships and decisions are made with."""

    name: str
    kind: ArtefactKind
    content: str
    owner: str
    about: str
    normal: Callable[[str], str] = str
    """A content in its one form, so that versions differ only in what they say.

    Raises ValueError, in words for people, for one that cannot be worked with.
    """


class Registered(Record):
    """A version is in the registry."""

    model: ModelVersion
    new: bool


class Promoter:
    """Registers artefacts and moves them into production when a second person agrees."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        asker: Asker,
        *,
        shipped: Sequence[Artefact],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._asker = asker
        self._shipped: Mapping[str, Artefact] = {one.name: one for one in shipped}
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """What there is to promote."""
        return tuple(self._shipped)

    async def take_in(self, tx: Transaction) -> None:
        """Register what this release ships.

        Definitions are read from the release, so they are in production with it. Settings stay as people chose them;
        only the first ones ever are taken as they come.
        """
        now = self._clock()
        for one in self._shipped.values():
            used = await tx.models.in_production(one.name)
            model, new = await tx.models.register(
                one.name, one.content, kind=one.kind, owner=one.owner, by=RELEASE, now=now, about=one.about
            )
            if used is None or (one.kind is not ArtefactKind.SETTINGS and used.version != model.version):
                await tx.models.move(
                    StageEvent(name=one.name, version=model.version, stage=Stage.PRODUCTION, at=now, by=RELEASE)
                )
                await self._tell(tx, "model.promoted", model, actor="system", facts={"by": RELEASE})
            elif new:
                await self._tell(tx, "model.registered", model, actor="system", facts={"by": RELEASE})

    async def register(self, name: str, content: str, person: Person, *, about: str, via: str) -> Registered | Declined:
        """Add a version of the settings of that name; it is used only once it is promoted."""
        shipped = self._shipped.get(name)
        if shipped is None or shipped.kind is not ArtefactKind.SETTINGS:
            settings = ", ".join(one.name for one in self._shipped.values() if one.kind is ArtefactKind.SETTINGS)
            return Declined(cause=Cause.UNKNOWN, words=f"{name!r} are no settings of ours; there are {settings}.")
        try:
            content = shipped.normal(content)
        except ValueError as error:
            return Declined(cause=Cause.INVALID, words=f"These settings cannot be worked with: {_one_line(error)}.")
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, Act.AMEND)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            data = await tx.lineage.newest_version("facts", simulated=False)
            model, new = await tx.models.register(
                name,
                content,
                kind=shipped.kind,
                owner=shipped.owner,
                by=f"person:{person.id}",
                now=self._clock(),
                about=about,
                data_versions={"facts": data} if data else {},
            )
            if new:
                await self._tell(tx, "model.registered", model, actor=f"person:{person.id}", facts={"via": via})
        return Registered(model=model, new=new)

    async def propose(self, name: str, version: int, person: Person, *, via: str) -> Question | Declined:
        """Ask whether a version, newer or older, may be used from now on."""
        async with self._ledger.write() as tx:
            permission = (await self._rulebook.of(tx)).may(person, Act.AMEND)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            model, used = await tx.models.get(name, version), await tx.models.in_production(name)
            if model is None or used is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no version {version} of {name!r} here.")
            if model.version == used.version:
                return Declined(cause=Cause.REPEATED, words=f"{name} {version} is in production already.")
            if model.kind is not ArtefactKind.SETTINGS:
                words = f"{name} comes with the release: install the release that has version {version}."
                return Declined(cause=Cause.INVALID, words=words)
            question = await self._asker.ask(tx, _inquiry(model, used, by=person.id, name=person.name))
            await self._tell(
                tx, "model.promotion_asked", model, actor=f"person:{person.id}",
                facts={"question": question.id, "from_version": used.version, "via": via},
            )  # fmt: skip
        return question

    async def suggest(
        self, tx: Transaction, name: str, content: str, *, by: str, about: str, via: str
    ) -> Question | Declined:
        """Register settings that were made from results and ask whether they may be used; `by` as in the trail.

        The caller has seen to it that whoever asks may; whoever it is, somebody else has to agree.
        """
        shipped, used = self._shipped[name], await tx.models.in_production(name)
        if used is None:
            return Declined(cause=Cause.UNKNOWN, words=f"There are no {name} in production here yet.")
        data = await tx.lineage.newest_version("facts", simulated=False)
        model, new = await tx.models.register(
            name, shipped.normal(content), kind=shipped.kind, owner=shipped.owner, by=by, now=self._clock(),
            about=about, data_versions={"facts": data} if data else {},
        )  # fmt: skip
        if model.version == used.version:
            return Declined(cause=Cause.REPEATED, words=f"{name} {model.version} is in production already.")
        if new:
            await self._tell(tx, "model.registered", model, actor=by, facts={"via": via})
        asker = await tx.people.get(by.removeprefix("person:"))
        who = (asker.id, asker.name) if asker else (by, by.partition(":")[2])
        question = await self._asker.ask(tx, _inquiry(model, used, by=who[0], name=who[1]))
        await self._tell(
            tx, "model.promotion_asked", model, actor=by,
            facts={"question": question.id, "from_version": used.version, "via": via},
        )  # fmt: skip
        return question

    async def rollback(self, name: str, person: Person, *, via: str) -> Question | Declined:
        """Ask to go back to the version that was in production before the present one."""
        async with self._ledger.read() as tx:
            used = [move.version for move in await tx.models.moves(name) if move.stage is Stage.PRODUCTION]
        before = [version for version in used if version != used[-1]]
        if not before:
            return Declined(cause=Cause.INVALID, words=f"There is no earlier version of {name!r} to go back to.")
        return await self.propose(name, before[-1], person, via=via)

    async def settle(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        """Take the answer; see `ask.Settle`. Whoever asked cannot agree with themselves."""
        name, version = str(question.subject["name"]), int(question.subject["version"])
        if option.id == REFUSE:
            return f"{name} stays as it is."
        if person.id == question.subject["asked_by"]:
            raise AnswerRefused("Somebody else has to agree: you asked for it.")
        permission = (await self._rulebook.of(tx)).may(person, Act.PROMOTE)
        if not permission.allowed:
            raise AnswerRefused(permission.reason)
        used, model = await tx.models.in_production(name), await tx.models.get(name, version)
        if used is None or model is None or used.version != question.subject["from_version"]:
            raise AnswerRefused(f"{name} has moved on meanwhile: ask again.")
        await tx.models.move(
            StageEvent(
                name=name,
                version=version,
                stage=Stage.PRODUCTION,
                at=self._clock(),
                by=str(question.subject["asked_by"]),
                approved_by=person.id,
                note=question.id,
            )
        )
        await self._tell(
            tx, "model.promoted", model, actor=f"person:{person.id}",
            facts={"question": question.id, "asked_by": question.subject["asked_by"], "from_version": used.version},
        )  # fmt: skip
        return f"{name} {version} is in production; version {used.version} was before."

    async def _tell(
        self, tx: Transaction, action: str, model: ModelVersion, *, actor: str, facts: Mapping[str, object]
    ) -> None:
        told = {"sha256": model.sha256, "kind": model.kind.value, **facts}
        await tx.audit.append(at=self._clock(), actor=actor, action=action, subject=model.id, facts=told)


def _inquiry(model: ModelVersion, used: ModelVersion, *, by: str, name: str) -> Inquiry:
    back = model.version < used.version
    difference = [
        line
        for line in difflib.unified_diff(used.content.splitlines(), model.content.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = (f"… and {len(difference) - _MOST_LINES} more lines",) if len(difference) > _MOST_LINES else ()
    return Inquiry(
        key=f"promotion/{model.name}",
        kind=QuestionKind.PROMOTION,
        title=f"{'Go back to' if back else 'Use'} version {model.version} of {model.name}?",
        lines=(
            f"{name} asks for it; version {used.version} is in production.",
            *((model.about,) if model.about else ()),
            *(f"{measure}: {result}" for measure, result in sorted(model.evaluations.items())),
            *(() if model.evaluations else ("It was not evaluated.",)),
        ),
        table=(("Difference",), *((line,) for line in (*difference[:_MOST_LINES], *more))),
        options=(
            Option(
                id=APPROVE, label="Use it", style="primary", confirm=f"{model.name} {model.version} decides at once."
            ),
            Option(id=REFUSE, label="Leave it"),
        ),
        if_nobody_answers=f"Version {used.version} stays in production.",
        subject={
            "name": model.name,
            "version": model.version,
            "from_version": used.version,
            "asked_by": by,
        },
        about=((model.id, f"{model.name}, version {model.version}"),),
    )


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:300]
