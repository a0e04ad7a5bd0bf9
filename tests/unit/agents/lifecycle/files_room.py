"""All that lands files, over a house: the landing, its questions, and what was set aside."""

from dataclasses import dataclass
from pathlib import Path

from agents.lifecycle.answers.survey import Surveyor
from agents.lifecycle.intake.doubt import Doubts
from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.land import Landed, Landing
from agents.lifecycle.intake.release import Releaser
from agents.lifecycle.intake.replay import Replayer
from agents.lifecycle.questions.ask import Answered, Asker
from storage.lake.store import Lake
from storage.records.facts import Load
from storage.records.people import Person
from storage.records.questions import Question, QuestionKind
from tests.builders import OLIVIA
from tests.unit.agents.lifecycle.house import House


@dataclass
class FilesRoom:
    house: House
    home: Path
    lake: Lake
    asker: Asker
    doubts: Doubts
    landing: Landing
    releaser: Releaser
    replayer: Replayer
    surveyor: Surveyor

    async def land(self, *paths: Path, said: Said | None = None) -> tuple[Landed, ...]:
        return await self.landing.land(paths, OLIVIA, via="test", said=said or Said())

    async def landed(self, path: Path, said: Said | None = None) -> Landed:
        """The one file, which must land."""
        (made,) = await self.land(path, said=said)
        assert made.load_id is not None, made
        return made

    async def asked(self, path: Path) -> Question:
        """The question that stops the one file."""
        (made,) = await self.land(path)
        assert made.question is not None, made
        return made.question

    async def answered(self, question: Question, option: str, person: Person = OLIVIA) -> Question:
        """Answer, do the work that follows, and look at the question as it is then."""
        said = await self.asker.answer(question.id, option, person, via="test")
        assert isinstance(said, Answered), said
        await self.house.queue.run()
        found = await self.asker.get(question.id)
        assert found is not None
        return found

    async def loads(self, *, simulated: bool = False) -> list[Load]:
        async with self.house.ledger.read() as tx:
            return list(await tx.loads.known(simulated=simulated))


def a_files_room(house: House, folder: Path, lake: Lake | None = None) -> FilesRoom:
    lake = lake or Lake(str(folder / "lake"))
    asker = Asker(house.ledger, house.rulebook, clock=house.clock)
    doubts = Doubts(house.ledger, asker, home=folder)
    asker.handle(QuestionKind.SCHEMA, doubts.settle)
    asker.handle(QuestionKind.MAPPING, doubts.settle)
    landing = Landing(house.ledger, lake, doubts=doubts, clock=house.clock)
    releaser = Releaser(house.ledger, landing=landing, doubts=doubts, asker=asker)

    async def land(payload: dict[str, str]) -> None:
        await releaser.release(payload["question_id"])

    house.queue.handle("land", land)
    return FilesRoom(
        house=house,
        home=folder,
        lake=lake,
        asker=asker,
        doubts=doubts,
        landing=landing,
        releaser=releaser,
        replayer=Replayer(house.ledger, lake, house.rulebook, landing=landing, clock=house.clock),
        surveyor=Surveyor(house.ledger, lake, freshness=house.freshness, clock=house.clock),
    )
