"""Rules in force, signed, without what the product does to get there; and a policy book over them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from agents.channels.policy_book import PolicyBook
from storage.ledger import Ledger
from storage.records.plans import Change, Resource
from storage.records.policies import Edition, PolicyFile, value_of_texts
from storage.signing import Keyring
from tests.builders import NOW

SHIPPED = {"caps.cedar": "// the product's caps", "schema.cedarschema": "entity User;"}


async def put_in_force(
    ledger: Ledger, keyring: Keyring, texts: Mapping[str, str], *, by: str = "somebody", at: datetime = NOW
) -> Edition:
    """The next edition: exactly these texts."""
    async with ledger.write() as tx:
        newest = await tx.policies.newest()
        files = tuple(
            PolicyFile(name=name, text=text, own=SHIPPED.get(name) != text) for name, text in sorted(texts.items())
        )
        made = Edition(number=(newest[0] if newest else 0) + 1, files=files, because=by, at=at)
        signature = keyring.sign(made.message)
        signed = made.model_copy(update={"key_id": signature.key_id, "signature": signature.hex})
        await tx.policies.add(signed)
        facts = {"edition": signed.number, "version": signed.version}
        await tx.audit.append(at=at, actor="system", action="policy.adopted", subject="rules", facts=facts)
    return signed


def a_policy_book(
    ledger: Ledger,
    keyring: Keyring,
    *,
    sound: Callable[[Edition], object] = lambda _: None,
    files: dict[str, str] | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
) -> PolicyBook:
    """A book whose files on disk are a dict."""
    disk: dict[str, str] = {} if files is None else files

    def mirror(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> None:
        for name, text in after.items():
            if text is None:
                with suppress(KeyError):
                    del disk[name]
            elif disk.get(name) in (None, before.get(name)):
                disk[name] = text

    return PolicyBook(ledger, keyring, shipped=SHIPPED, sound=sound, mirror=mirror, clock=clock)


async def a_change_of_rules(book: PolicyBook, **texts: str | None) -> Change:
    """From what is in force now; file names with `_` for every dot: `limits_yml="…"`."""
    wanted = {name.replace("_", "."): text for name, text in texts.items()}
    resource = Resource(channel="policies", kind="policy", id="edition", name=", ".join(sorted(wanted)))
    now = await book.read(resource, "text")
    return Change(
        id="c1",
        resource=resource,
        field="text",
        before=now.value,
        after=value_of_texts(wanted),
        unit="text",
        expected_version=now.version,
    )


def a_keyring(folder: Path) -> Keyring:
    return Keyring(folder / "keys")
