"""Enact: which edition of the rules is in force, and how texts on disk become the first, or a product's next.

Nothing judges but an edition whose signature holds and which the audit trail knows as the newest. Everything else on
disk is a draft, until people approve it as they approve any plan.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from agents.governance.calendar_text import CalendarInvalid
from agents.governance.limits import parse_limits
from agents.governance.limits_text import LimitsInvalid
from agents.governance.loading import PoliciesInvalid
from agents.governance.policy_tests import run_policy_tests
from agents.governance.rules import Rules
from agents.lifecycle.rules.texts import HomeTexts, Shelf, TextUnreadable
from storage.ledger import Transaction
from storage.records.lineage import SEALED
from storage.records.policies import CALENDAR, LIMITS, Edition, files_of
from storage.signing import Keyring, KeysUnreadable, Signature

log = structlog.get_logger()

SUBJECT = "rules"
"""Of the audit entries about editions."""
_INVALID = (PoliciesInvalid, LimitsInvalid, CalendarInvalid)


class RulesUntrusted(RuntimeError):
    """Raised where the rules in the database are not those that were signed: nothing is judged by them."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"the rules in force cannot be trusted ({problem}): nothing is decided until the database and its keys "
            "are restored from a backup"
        )


class Rulebook:
    """The edition in force as rules; read and checked once, and again whenever there is another."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._known: tuple[tuple[int, str], Rules] | None = None

    async def of(self, tx: Transaction) -> Rules:
        """The rules in force. Raises RulesUntrusted."""
        newest = await tx.policies.newest()
        if self._known is not None and self._known[0] == newest:
            return self._known[1]
        edition = await self.edition(tx)
        try:
            rules = Rules.of(edition)
        except _INVALID as error:
            raise RulesUntrusted(str(error)) from error
        self._known = (edition.number, edition.version), rules
        return rules

    async def edition(self, tx: Transaction) -> Edition:
        """The texts in force, their signature and their place in the audit trail checked. Raises RulesUntrusted."""
        newest = await tx.policies.newest()
        if newest is None:
            raise RulesUntrusted("no edition was ever adopted")
        try:
            edition = await tx.policies.edition(newest[0])
        except ValueError as error:
            raise RulesUntrusted(f"edition {newest[0]} cannot be read") from error
        if edition is None or (edition.number, edition.version) != newest:
            raise RulesUntrusted(f"edition {newest[0]} is not the one that stands in its place")
        try:
            holds = self._keyring.verify(Signature(key_id=edition.key_id, hex=edition.signature), edition.message)
        except KeysUnreadable as error:
            raise RulesUntrusted(str(error)) from error
        if not holds:
            raise RulesUntrusted(f"the signature of edition {edition.number} does not hold")
        told = await tx.audit.of(SUBJECT)
        if not told or (told[-1].facts.get("edition"), told[-1].facts.get("version")) != newest:
            raise RulesUntrusted(f"edition {edition.number} is not the newest that the audit trail knows")
        return edition


def sound(edition: Edition, *, channels: frozenset[str] | None = None) -> Rules:
    """The rules of an edition that may come into force; `channels`, if given, are the only names in channel caps.

    Raises PoliciesInvalid, LimitsInvalid, CalendarInvalid.
    """
    rules, limits = Rules.of(edition), edition.file(LIMITS)
    if limits is not None:
        parse_limits(limits.text, file=LIMITS, channels=channels)
    return rules


def proven(edition: Edition, *, channels: frozenset[str] | None = None) -> Rules:
    """As `sound`, and every policy has tests, and they pass: what people put in force. Raises PoliciesInvalid, too."""
    rules = sound(edition, channels=channels)
    failing = run_policy_tests(rules).problems
    if failing:
        raise PoliciesInvalid(failing)
    return rules


async def adopt(
    tx: Transaction,
    keyring: Keyring,
    texts: HomeTexts,
    *,
    now: datetime,
    sound: Callable[[Edition], object] = sound,
) -> tuple[Edition, ...]:
    """Put in force what needs nobody's approval: the first texts, those of a newer product, first limits and calendar.

    What was put in force is returned, audited. Raises TextUnreadable, PoliciesInvalid, LimitsInvalid or CalendarInvalid
    where the very first texts cannot judge, RulesUntrusted where the edition in force cannot be trusted.
    """
    if await tx.policies.newest() is None:
        if await tx.audit.of(SUBJECT):
            raise RulesUntrusted("every edition is gone, and the audit trail knows that there were some")
        shelf = texts.shelf
        first = edition_of(shelf.texts, shelf, because="first start", now=now)
        sound(first)
        return (await _enact(tx, keyring, first),)
    held = await Rulebook(keyring).edition(tx)
    try:
        shelf = texts.shelf
    except TextUnreadable as error:
        log.warning("policy.not_adopted", problem=str(error))
        return ()
    made = []
    for step in (_of_product, _of_first_files):
        edition = await step(tx, held, shelf, now=now)
        if edition is None:
            continue
        try:
            sound(edition)
        except _INVALID as error:
            # The edition in force goes on judging; the texts on disk are shown as drafts.
            log.warning("policy.not_adopted", because=edition.because, problem=str(error))
            continue
        held = await _enact(tx, keyring, edition)
        made.append(held)
    return tuple(made)


async def _of_product(_: Transaction, held: Edition, shelf: Shelf, *, now: datetime) -> Edition | None:
    """With the texts of another version of the product; texts edited in one and the same version are drafts."""
    if held.product == shelf.product:
        return None
    texts = {**shelf.shipped, **{one.name: one.text for one in held.files if one.own}}
    return edition_of(texts, shelf, held=held, because=f"product {shelf.product}", now=now)


async def _of_first_files(tx: Transaction, held: Edition, shelf: Shelf, *, now: datetime) -> Edition | None:
    """With limits and a calendar where there never were any: setting up a home is not changing its rules."""
    first = {name: text for name, text in shelf.home.items() if name in (LIMITS, CALENDAR) and not held.file(name)}
    for number in range(1, held.number if first else 1):
        earlier = await tx.policies.edition(number)
        # What people have taken out of force comes back by their approval alone.
        first = {name: text for name, text in first.items() if earlier is None or not earlier.file(name)}
    if not first:
        return None
    texts = {**held.texts, **first}
    return edition_of(texts, shelf, held=held, because=f"first {' and '.join(sorted(first))}", now=now)


def edition_of(
    texts: Mapping[str, str], shelf: Shelf, *, held: Edition | None = None, because: str, now: datetime
) -> Edition:
    """The texts as the edition after `held`, not signed and not in force."""
    return Edition(
        number=held.number + 1 if held else 1,
        files=files_of(texts, shipped=shelf.shipped, held=held),
        because=because,
        product=shelf.product,
        at=now,
    )


async def _enact(tx: Transaction, keyring: Keyring, edition: Edition) -> Edition:
    signature = keyring.sign(edition.message)
    signed = edition.model_copy(update={"key_id": signature.key_id, "signature": signature.hex})
    await tx.policies.add(signed)
    origins = [(f"product:{signed.product}", signed.because)]
    if signed.number > 1:
        origins.append((f"edition:{signed.number - 1}", "the edition before"))
    await tx.audit.append(
        at=signed.at,
        actor="system",
        action="policy.adopted",
        subject=SUBJECT,
        facts={
            "edition": signed.number,
            "version": signed.version,
            "because": signed.because,
            "own": [one.name for one in signed.files if one.own],
            "key_id": signed.key_id,
            "signature": signed.signature,
            SEALED: await tx.lineage.link(f"edition:{signed.number}", origins),
        },
    )
    return signed
