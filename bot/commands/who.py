"""Who is at the command line: a person of people.yml, named with --as."""

from bot.commands.shell import BadInput
from bot.office import Office
from storage.records.people import Person


async def who(office: Office, person_id: str) -> Person:
    """The active person of that id. Raises BadInput."""
    async with office.ledger.read() as tx:
        person = await tx.people.get(person_id)
        known = [one.id for one in await tx.people.all() if one.active]
    if person is None or not person.active:
        raise BadInput(f"nobody here is called {person_id!r}; people.yml knows: {', '.join(known)}")
    return person


async def names_of(office: Office) -> dict[str, str]:
    """Person id → name, also of those who left."""
    async with office.ledger.read() as tx:
        return await tx.people.names()
