"""The simulated platforms as the outside sees them: read, edit, change log, reports.

A Platform holds market.db alone. It never simulates, has no way to the truth, and is all that channels and
sources are given.
"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from agents.market.budgets import sharers_of
from agents.market.calendar import moment_of
from agents.market.creative_review import standing
from agents.market.editing import Edit, apply_edit, checked
from agents.market.facts import facts_frame
from agents.market.faults import Fault, Questions, fault_of, is_out
from agents.market.requests import (
    CampaignUnknown,
    EditInvalid,
    EditRequest,
    LoggedChange,
    MarketMissing,
    ServerFault,
    TimedOut,
)
from agents.market.roster import STORE_NAME
from agents.market.rules import fields_of, is_learning, value_of
from storage.market_ledger.rows import CampaignRow, ChangeRow, ClockRow, ReceiptRow
from storage.market_ledger.shown import MarketBook, MarketLedger
from storage.records.executions import FieldState, Receipt
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Value


class Platform:
    """All four platforms of one market; the day that people see is the first unfinished one.

    Every method raises MarketMissing as long as no market was made in the ledger. On a channel that is out, questions
    about one campaign or key may raise ServerFault; lists and reports come from elsewhere and go on.
    """

    def __init__(self, ledger: MarketLedger) -> None:
        self._ledger = ledger
        self._questions = Questions()

    async def today(self) -> date:
        async with self._ledger.reading() as book:
            return (await clock_of(book)).today

    async def now(self) -> datetime:
        """The simulated moment, aware, UTC."""
        async with self._ledger.reading() as book:
            clock = await clock_of(book)
        return moment_of(clock.today, clock.edits_today)

    async def first_day(self) -> date:
        """The first day of history."""
        async with self._ledger.reading() as book:
            return (await clock_of(book)).first_day

    async def campaigns(self) -> tuple[CampaignState, ...]:
        async with self._ledger.reading() as book:
            clock = await clock_of(book)
            campaigns = await book.campaigns()
        return tuple(_state(each, sharers_of(each, campaigns), clock.today) for each in campaigns)

    async def read(self, channel: str, campaign_id: str, field: str) -> FieldState:
        """Raises CampaignUnknown, EditInvalid for a field that campaigns do not have, or ServerFault."""
        async with self._ledger.reading() as book:
            await self._answers(book, channel, f"read {campaign_id} {field}")
            campaign = await _campaign(book, channel, campaign_id)
        if field not in fields_of(channel):
            raise EditInvalid(f"{campaign_id} has no field {field}: it has {', '.join(fields_of(channel))}")
        return FieldState(value=value_of(campaign, field), version=f"v{campaign.version}")

    async def check(self, request: EditRequest) -> tuple[FieldState, Value]:
        """The field now and as the edit would leave it; raises what `apply` would raise but for TimedOut."""
        async with self._ledger.reading() as book:
            clock = await self._answers(book, request.channel, f"check {request.campaign_id} {request.field}")
            campaign = await _campaign(book, request.channel, request.campaign_id)
            edit = Edit(request.field, request.value, request.actor, request.key, request.expected_version)
            found = await checked(book, clock, campaign, edit)
        return found, request.value

    async def apply(self, request: EditRequest) -> Receipt:
        """Apply once, key and change in one transaction: a repeated key returns the first receipt.

        Raises CampaignUnknown, EditInvalid, VersionStale, EditsBlocked and, on a channel that is out,
        ServerFault or TimedOut.
        """
        async with self._ledger.writing() as book:
            clock = await clock_of(book)
            fault = await self._fault(book, clock, request)
            receipt = None
            if fault in {Fault.NONE, Fault.AFTER}:
                receipt = await self._apply(book, clock, request)
        if fault is Fault.BEFORE:
            raise _unavailable(request.channel)
        if receipt is None or fault is Fault.AFTER:
            raise TimedOut(f"{request.channel} did not answer in time")
        return receipt

    async def find(self, channel: str, key: str) -> Receipt | None:
        """What was applied under a key, or None if nothing was; raises ServerFault, at most twice in a row."""
        async with self._ledger.reading() as book:
            await self._answers(book, channel, f"find {key}")
            found = await book.receipt(key)
        return None if found is None else _receipt(found)

    async def edit_by_hand(
        self, campaign_id: str, value: Value, *, actor: str, field: str = "daily_budget"
    ) -> FieldState:
        """A person edits in the platform's own pages: no key, no version asked, the same rules."""
        async with self._ledger.writing() as book:
            clock = await clock_of(book)
            campaign = await book.campaign(campaign_id)
            if campaign is None:
                raise CampaignUnknown(f"there is no campaign {campaign_id}")
            after = await apply_edit(book, clock, campaign, Edit(field, value, actor))
        return FieldState(value=value_of(after, field), version=f"v{after.version}")

    async def changes_since(self, moment: datetime) -> tuple[LoggedChange, ...]:
        """Everybody's edits later than the moment, oldest first."""
        async with self._ledger.reading() as book:
            campaigns = {campaign.campaign_id: campaign for campaign in await book.campaigns()}
            found = await book.changes_after(moment)
        return tuple(_logged(change, campaigns[change.campaign_id]) for change in found)

    async def reported(self, first: date, last: date, *, as_of: date | None = None) -> pl.DataFrame:
        """Facts of complete days, inclusive, as they were reported when `as_of` was the unfinished day.

        Without `as_of`: as they are reported now. Columns: those of the lake's facts but load_id and known_at.
        """
        async with self._ledger.reading() as book:
            today = (await clock_of(book)).today
            before = today if as_of is None else min(as_of, today)
            campaigns = await book.reported(first, last, before=before)
            store = [row for row in await book.store_days(first, last) if row.day < before]
        return facts_frame(campaigns, store)

    async def digest(self) -> str:
        """sha256 of all that the platforms show and store."""
        return await self._ledger.digest()

    async def _answers(self, book: MarketBook, channel: str, question: str) -> ClockRow:
        clock = await clock_of(book)
        if is_out(await book.outages(), channel, clock.today) and self._questions.drops(
            clock.fault_salt, f"{channel} {question}", clock.today
        ):
            raise _unavailable(channel)
        return clock

    async def _fault(self, book: MarketBook, clock: ClockRow, request: EditRequest) -> Fault:
        if not is_out(await book.outages(), request.channel, clock.today):
            return Fault.NONE
        attempt = await book.count_attempt(request.key)
        return fault_of(clock.fault_salt, request.key, attempt, clock.today)

    async def _apply(self, book: MarketBook, clock: ClockRow, request: EditRequest) -> Receipt:
        known = await book.receipt(request.key)
        if known is not None:
            return _repeated(known, request)
        campaign = await _campaign(book, request.channel, request.campaign_id)
        edit = Edit(request.field, request.value, request.actor, request.key, request.expected_version)
        after = await apply_edit(book, clock, campaign, edit)
        row = ReceiptRow(
            key=request.key,
            campaign_id=request.campaign_id,
            field=request.field,
            value=request.value,
            version=after.version,
            reference=f"{request.channel}/op/{request.campaign_id}-v{after.version}",
            applied_at=moment_of(clock.today, clock.edits_today + 1),
        )
        await book.add_receipt(row)
        return _receipt(row)


async def clock_of(book: MarketBook) -> ClockRow:
    """Where the simulated time stands; raises MarketMissing."""
    clock = await book.clock()
    if clock is None:
        raise MarketMissing("this home holds no simulated market yet: start it with `countersign up`")
    return clock


def _unavailable(channel: str) -> ServerFault:
    return ServerFault(f"{channel} answered 503 Service Unavailable")


async def _campaign(book: MarketBook, channel: str, campaign_id: str) -> CampaignRow:
    campaign = await book.campaign(campaign_id)
    if campaign is None or campaign.channel != channel:
        raise CampaignUnknown(f"{channel} has no campaign {campaign_id}")
    return campaign


def _repeated(known: ReceiptRow, request: EditRequest) -> Receipt:
    same = (known.campaign_id, known.field, known.value) == (
        request.campaign_id,
        request.field,
        request.value,
    )
    if not same:
        raise EditInvalid(f"key {request.key} was used for another edit, of {known.campaign_id}")
    return _receipt(known)


def _receipt(row: ReceiptRow) -> Receipt:
    return Receipt(
        key=row.key,
        reference=row.reference,
        value=row.value,
        version=f"v{row.version}",
        applied_at=row.applied_at,
        simulated=True,
    )


def _state(campaign: CampaignRow, sharers: Sequence[CampaignRow], today: date) -> CampaignState:
    return CampaignState(
        channel=campaign.channel,
        id=campaign.campaign_id,
        name=campaign.name,
        status=campaign.status,
        daily_budget=Money(minor=campaign.daily_budget_minor, currency=campaign.currency),
        version=f"v{campaign.version}",
        account=campaign.account,
        simulated=True,
        brand=STORE_NAME,
        learning_until=campaign.learning_until if is_learning(campaign, today) else None,
        shared_with=tuple(other.campaign_id for other in sharers),
        creative=campaign.creative,
        creative_review=standing(campaign),
    )


def _logged(change: ChangeRow, campaign: CampaignRow) -> LoggedChange:
    return LoggedChange(
        channel=campaign.channel,
        campaign_id=campaign.campaign_id,
        campaign=campaign.name,
        field=change.field,
        before=change.before,
        after=change.after,
        actor=change.actor,
        at=change.at,
        version=f"v{change.version}",
    )
