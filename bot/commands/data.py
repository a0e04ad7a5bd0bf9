"""`countersign data`: the picture of the business that all landed data gives."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.source_picture import FACTS, DatasetPicture, SourcePicture
from bot.commands.questions import as_document as question_document
from bot.commands.shell import say
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.data_words import zones_differ
from bot.slack.cards.markup import plain_moment


async def data(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        survey, zone = await office.survey(), await office.zone()
    say(as_document(survey), as_json=json, text=_text(survey, zone))


def as_document(survey: Survey) -> dict[str, Any]:
    document = survey.model_dump(mode="json", exclude={"questions", "sources"})
    sources = [one.model_dump(mode="json", exclude={"coverage"}) for one in survey.sources]
    return {"sources": sources, **document, "questions": [question_document(one) for one in survey.questions]}


def _text(survey: Survey, zone: ZoneInfo) -> str:
    if not survey.sources:
        return "\n".join(["There is no data yet: countersign ingest FILE… reads exports.", *_asked(survey)])
    campaigns = f"{survey.campaigns} campaign{'' if survey.campaigns == 1 else 's'}"
    sources = f"{len(survey.sources)} source{'' if len(survey.sources) == 1 else 's'}"
    head = f"{sources}, {campaigns}, {_money(survey.spend)} spent"
    lines = [head, *(line for one in survey.sources for line in _source(one, zone))]
    lines += [aligned] if (aligned := zones_differ(survey.sources)) else []
    lines += [f"Missing: {line}" for line in survey.missing]
    return "\n".join([*lines, *survey.notes, *_asked(survey)])


def _source(one: SourcePicture, zone: ZoneInfo) -> list[str]:
    simulated = " (simulated)" if one.simulated else ""
    days = f"{one.first_day} to {one.last_day}" if one.first_day else "no days"
    what = ", ".join(f"{part.rows:,} {part.dataset.replace('_', ' ')}" for part in one.datasets)
    lines = [f"{one.source}{simulated}: {what}; {days}"]
    if one.campaigns:
        lines.append(f"  {one.campaigns} campaigns, {_money(one.spend)} spent on {one.days} days ({one.zone})")
    if one.gaps:
        missing = ", ".join(
            str(gap.first) if gap.first == gap.last else f"{gap.first} to {gap.last}" for gap in one.gaps[:5]
        )
        more = f" and {len(one.gaps) - 5} more" if len(one.gaps) > 5 else ""
        lines.append(f"  no figures for {sum(gap.days for gap in one.gaps)} days between: {missing}{more}")
    stale = [part for part in one.datasets if part.stale]
    lines += [
        f"  {part.dataset.replace('_', ' ')} is stale: {_newest(part, zone)}, {_promised(part, zone)}" for part in stale
    ]
    if one.trouble:
        lines.append(f"  the last attempt to read it failed: {one.trouble}")
    if one.provisional_from:
        lines.append(f"  figures from {one.provisional_from} on may still change")
    if one.quarantined:
        lines.append(f"  {one.quarantined:,} rows set aside: countersign quarantine list")
    return lines


def _newest(part: DatasetPicture, zone: ZoneInfo) -> str:
    if part.dataset == FACTS:
        return f"the newest day is {part.last_day}"
    return f"the newest word is of {plain_moment(part.known_at, zone)}"


def _promised(part: DatasetPicture, zone: ZoneInfo) -> str:
    since = f"late since {plain_moment(part.due_at, zone)}, " if part.due_at else ""
    return f"{since}promised within {part.promised} ({part.owner})"


def _asked(survey: Survey) -> list[str]:
    return [f"{one.id} waits for an answer: {one.title}" for one in survey.questions]


def _money(amounts: dict[str, Decimal]) -> str:
    return ", ".join(f"{currency} {amount:,.2f}" for currency, amount in amounts.items()) or "nothing"
