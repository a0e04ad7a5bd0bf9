"""KPI answers on the command line: the number that chat gives, from the same engine."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.kpis.document import as_document, words
from agents.kpis.query import DIMENSIONS, KpiQuery
from agents.kpis.question import asked_of
from agents.kpis.reply import Reply
from agents.kpis.reply import as_document as as_reply
from agents.kpis.understanding import Asked
from agents.kpis.windows import Window
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import spelled
from storage.records.kpis import KpiAnswer

_DEFAULT_DAYS = 7


async def kpi(
    *,
    name: str,
    home: Path,
    by: str | None,
    where: list[str],
    first: datetime | None,
    last: datetime | None,
    as_of: str | None,
    currency: str | None,
    json: bool,
) -> None:
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise BadInput(f"--currency {currency!r}: write a code such as GBP")
    if by is not None and by not in DIMENSIONS:
        raise BadInput(f"--by {by!r}: use one of {', '.join(DIMENSIONS)}")
    async with open_office(Settings(home=home)) as office:
        query = KpiQuery(
            kpi=name,
            window=await _window(office, name, first, last),
            by=by,
            where=_filters(where),
            as_of=_moment(as_of),
            currency=currency.upper() if currency else None,
        )
        _show(await office.kpis.ask(query), as_json=json)


async def ask(
    *, question: str, home: Path, json: bool, after: Sequence[str] = (), chart: Path | None = None
) -> int | None:
    """Answer a question in plain words; `after` are the questions asked before it, oldest first."""
    async with open_office(Settings(home=home)) as office:
        earlier: Asked | None = None
        for said in after:
            earlier = asked_of(await office.kpis.understood(said, earlier=earlier)) or earlier
        reply = await office.responder.answer(await office.kpis.understood(question, earlier=earlier))
    drawn = await _drawn(reply, chart)
    choices = "".join(f"\n  {one}" for one in reply.clarify)
    text = f"{spelled(reply.text)}\nDid you mean:{choices}" if choices else spelled(reply.text)
    say(as_reply(reply, chart=drawn), as_json=json, text=text)
    return NEGATIVE if reply.kind in ("clarify", "not_understood", "refused") else None


async def _drawn(reply: Reply, path: Path | None) -> str | None:
    """Write the picture of a reply, where one was wanted and there is anything to draw; gives its path."""
    if path is None or reply.answer is None:
        return None
    from bot.slack import charts

    if not charts.can_draw(reply.answer):
        return None
    picture = await charts.draw(reply.answer)
    await asyncio.to_thread(path.write_bytes, picture.png)
    return str(path)


def _show(answer: KpiAnswer, *, as_json: bool) -> None:
    say(as_document(answer), as_json=as_json, text=spelled(words(answer)))


async def _window(office: Office, name: str, first: datetime | None, last: datetime | None) -> Window:
    """The days asked for; the newest week of complete days where nothing is said."""
    today = await office.kpis.data_day(kpi=name) or office.clock().date()
    until = last.date() if last else today - timedelta(days=1)
    since = first.date() if first else until - timedelta(days=_DEFAULT_DAYS - 1)
    if since > until:
        raise BadInput(f"--from {since} is after --to {until}")
    return Window(first=since, last=until, words="")


def _filters(pairs: list[str]) -> dict[str, str]:
    filters = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key or not value:
            raise BadInput(f"--where {pair!r}: write KEY=VALUE, such as channel=email")
        filters[key] = value
    return filters


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--as-of {text!r}: write a moment such as 2026-03-02T09:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
