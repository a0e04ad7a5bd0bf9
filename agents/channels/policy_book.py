"""The rules themselves as a channel: approved texts become the next edition, signed, once, as any other change."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from agents.channels.channel import Capability, ChangeRefused, Reversibility, VersionConflict
from storage.ledger import Ledger, Transaction
from storage.records.executions import FieldState, Receipt
from storage.records.lineage import SEALED, execution_id
from storage.records.plans import Change, Resource, Value
from storage.records.policies import Edition, files_of, is_file_name, texts_of_value, value_of_texts
from storage.records.record import digest_of
from storage.records.verdicts import Answer
from storage.signing import Keyring, Signature

FIELD = "text"
Texts = Mapping[str, str | None]
_KEY = re.compile(r"(PLAN-[1-9]\d*)\.r(\d+)\..+")


class PolicyBook:
    """The editions as one resource, `policies/policy/edition`; its name lists the files that a change is about.

    `shipped` are the texts that came with the product, `sound` raises ValueError for an edition that could not judge,
    and `mirror` brings the team's own files on disk from the texts before to those after.
    """

    name = "policies"
    simulated = False

    def __init__(
        self,
        ledger: Ledger,
        keyring: Keyring,
        *,
        shipped: Mapping[str, str],
        sound: Callable[[Edition], object],
        mirror: Callable[[Texts, Texts], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._keyring = keyring
        self._shipped = shipped
        self._sound = sound
        self._mirror = mirror
        self._clock = clock

    def capabilities(self) -> tuple[Capability, ...]:
        return (
            Capability(
                field=FIELD,
                reversible=Reversibility.FULL,
                max_per_hour=None,
                resets_learning=False,
                irreversible_note="What was decided under other rules stays decided.",
            ),
        )

    async def read(self, resource: Resource, field: str) -> FieldState:
        """The texts of the named files in the edition in force; their hash is the version."""
        names = _names(resource, field)
        async with self._ledger.read() as tx:
            return _state(await self._in_force(tx), names)

    async def preview(self, change: Change) -> tuple[FieldState, Value]:
        """The texts now, and those that `apply` would put in force; writes nothing, raises as `apply` would."""
        async with self._ledger.read() as tx:
            held = await self._in_force(tx)
            self._next(held, change, key="", expected_version=change.expected_version, approved_by=())
        return _state(held, _names(change.resource, change.field)), change.after

    async def apply(self, change: Change, *, key: str, expected_version: str) -> Receipt:
        """Put the next edition in force; see agents.channels.channel.Channel for what it raises."""
        names = _names(change.resource, change.field)
        async with self._ledger.write() as tx:
            known = await _of_key(tx, key)
            if known is not None:
                return _repeated(known, change, names)
            held = await self._in_force(tx)
            approved_by = await _approvers(tx, key)
            made = self._next(held, change, key=key, expected_version=expected_version, approved_by=approved_by)
            await tx.policies.add(made)
            origins = [(execution_id(key), "put in force by"), (f"edition:{held.number}", "the edition before")]
            facts = _facts(made, names) | {SEALED: await tx.lineage.link(f"edition:{made.number}", origins)}
            await tx.audit.append(at=made.at, actor="system", action="policy.changed", subject="rules", facts=facts)
        await asyncio.to_thread(self._mirror, texts_of_value(change.before), texts_of_value(change.after))
        return _receipt(made, names)

    async def find(self, key: str) -> Receipt | None:
        """What was put in force under the key."""
        async with self._ledger.read() as tx:
            made = await _of_key(tx, key)
            if made is None:
                return None
            before = await tx.policies.edition(made.number - 1)
        return _receipt(made, _changed(before, made))

    async def _in_force(self, tx: Transaction) -> Edition:
        newest = await tx.policies.newest()
        held = await tx.policies.edition(newest[0]) if newest else None
        if held is None or newest is None or held.version != newest[1] or not _signed(held, self._keyring):
            # The next edition would put our signature under whatever somebody wrote into the database.
            raise ChangeRefused("the rules in the database are not those that were signed: restore it from a backup")
        return held

    def _next(
        self, held: Edition, change: Change, *, key: str, expected_version: str, approved_by: tuple[str, ...]
    ) -> Edition:
        names = _names(change.resource, change.field)
        found = _state(held, names)
        if found.version != expected_version:
            raise VersionConflict(change.resource, expected_version, found)
        if change.before != found.value:
            raise ChangeRefused(f"{change.resource.name} does not read as the plan says it does: propose it again")
        plan = _KEY.fullmatch(key)
        made = Edition(
            number=held.number + 1,
            files=files_of(self._texts(held, change, names), shipped=self._shipped, held=held),
            because=plan.group(1) if plan else key,
            approved_by=approved_by,
            key=key,
            product=held.product,
            at=self._clock(),
        )
        try:
            self._sound(made)
        except ValueError as error:
            raise ChangeRefused(f"with these texts nothing could be judged: {error}") from error
        signature = self._keyring.sign(made.message)
        return made.model_copy(update={"key_id": signature.key_id, "signature": signature.hex})

    def _texts(self, held: Edition, change: Change, names: tuple[str, ...]) -> dict[str, str]:
        """All texts as the change would leave them."""
        try:
            wanted = texts_of_value(change.after)
        except ValueError as error:
            raise ChangeRefused(str(error)) from error
        if tuple(sorted(wanted)) != names:
            raise ChangeRefused(f"the change is about {', '.join(wanted)}, and says {change.resource.name}")
        now = held.texts
        same = [name for name, text in wanted.items() if now.get(name) == text]
        if same:
            raise ChangeRefused(f"{same[0]} would stay as it is")
        shipped = [name for name, text in wanted.items() if text is None and name in self._shipped]
        if shipped:
            raise ChangeRefused(f"{shipped[0]} came with the product: replace its text instead of removing it")
        return {name: text for name, text in {**now, **wanted}.items() if text is not None}


def _names(resource: Resource, field: str) -> tuple[str, ...]:
    """The files that a resource of ours is about; raises ChangeRefused for anything else."""
    names = tuple(resource.name.split(", "))
    if (resource.channel, resource.kind, resource.id) != ("policies", "policy", "edition") or field != FIELD:
        raise ChangeRefused(f"there is no {field} of {resource.key} among the rules")
    if names != tuple(sorted(set(names))) or not all(is_file_name(name) for name in names):
        raise ChangeRefused("a change of the rules names its files in order, such as “caps.cedar, limits.yml”")
    return names


def _state(edition: Edition, names: tuple[str, ...]) -> FieldState:
    texts = edition.texts
    value = value_of_texts({name: texts.get(name) for name in names})
    return FieldState(value=value, version=digest_of(value))


def _changed(before: Edition | None, after: Edition) -> tuple[str, ...]:
    old, new = before.texts if before else {}, after.texts
    return tuple(sorted(name for name in {**old, **new} if old.get(name) != new.get(name)))


async def _of_key(tx: Transaction, key: str) -> Edition | None:
    """The edition that the change put in force; there are few, and the wanted one is the newest or there is none."""
    newest = await tx.policies.newest()
    for number in range(newest[0] if newest else 0, 0, -1):
        edition = await tx.policies.edition(number)
        if edition is not None and edition.key == key:
            return edition
    return None


async def _approvers(tx: Transaction, key: str) -> tuple[str, ...]:
    """Whose newest word on the plan of the change is yes."""
    plan = _KEY.fullmatch(key)
    if plan is None:
        return ()
    decisions = await tx.approvals.decisions(plan.group(1), int(plan.group(2)))
    newest = {one.person_id: one.answer for one in decisions}
    return tuple(sorted(person for person, answer in newest.items() if answer is Answer.APPROVE))


def _repeated(known: Edition, change: Change, names: tuple[str, ...]) -> Receipt:
    receipt = _receipt(known, names)
    if receipt.value != change.after:
        raise ChangeRefused(f"key {known.key} was used for another change")
    return receipt


def _receipt(made: Edition, names: tuple[str, ...]) -> Receipt:
    state = _state(made, names)
    return Receipt(
        key=made.key,
        reference=f"edition {made.number}",
        value=state.value,
        version=state.version,
        applied_at=made.at,
        simulated=False,
    )


def _signed(edition: Edition, keyring: Keyring) -> bool:
    return keyring.verify(Signature(key_id=edition.key_id, hex=edition.signature), edition.message)


def _facts(made: Edition, names: tuple[str, ...]) -> dict[str, object]:
    return {
        "edition": made.number,
        "version": made.version,
        "because": made.because,
        "approved_by": [f"person:{one}" for one in made.approved_by],
        "files": list(names),
        "key_id": made.key_id,
        "signature": made.signature,
    }
