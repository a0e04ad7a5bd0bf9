"""KPI answers on the command line: the number that chat gives, from the same engine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.kpis.document import as_document, words
from agents.kpis.query import DIMENSIONS, KpiQuery
from agents.kpis.question import Clarify, HelpQuestion, KpiQuestion, NotUnderstood, WaitingQuestion
from agents.kpis.windows import Window
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.settings import Settings
from bot.wiring import open_office
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


async def ask(*, question: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        match await office.kpis.understood(question):
            case KpiQuestion(query=query):
                _show(await office.kpis.ask(query), as_json=json)
                return None
            case WaitingQuestion():
                await _waiting(office, as_json=json)
                return None
            case HelpQuestion(kpi=str(name)):
                kpi = office.kpis.definition(name)
                text = f"{kpi.label}: {kpi.description} Computed as {kpi.formula}. Owner: {kpi.owner}."
                say({"answer": "help", "text": text}, as_json=json, text=text)
                return None
            case HelpQuestion():
                text = f"Ask for one of: {', '.join(sorted(office.kpis.kpis))}; such as: how is roas this week?"
                say({"answer": "help", "text": text}, as_json=json, text=text)
                return None
            case Clarify(options=options) | NotUnderstood(did_you_mean=options):
                text = "Not understood." + (f" Did you mean: {'; '.join(options)}" if options else "")
                say({"answer": "not_understood", "did_you_mean": list(options)}, as_json=json, text=text)
                return NEGATIVE


async def _waiting(office: Office, *, as_json: bool) -> None:
    from storage.records.plans import PlanState

    async with office.ledger.read() as tx:
        waiting = await tx.plans.in_states(PlanState.WAITING)
    lines = [f"{one.plan.id}: {one.plan.title}" for one in waiting]
    say(
        {"answer": "waiting", "plans": [one.plan.id for one in waiting]},
        as_json=as_json,
        text="\n".join(lines) or "Nothing is waiting.",
    )


def _show(answer: KpiAnswer, *, as_json: bool) -> None:
    say(as_document(answer), as_json=as_json, text=words(answer))


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
