"""A plan's lineage as a picture for a phone: left the data it rests on, right what rules, people and channels did."""

import asyncio
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.lifecycle.answers.tell import is_version
from agents.lifecycle.answers.why import Why
from bot.slack.cards.data_words import source_name, told_by
from bot.slack.cards.markup import clean, count, cut, words
from bot.slack.charts import MOST_ALT, Chart
from bot.slack.paper import BLUE, DRAWING, GREEN, GREY, INK, ORANGE, drawn, phone_figure, phone_png_of
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.verdicts import Answer, Outcome

_ROW_INCHES, _MARGIN_INCHES = 0.78, 0.95
_COLUMNS = (0.245, 0.755)
"""Where the middles of the two columns of boxes stand; the picture is 1 wide."""
_BOX_WIDE, _BOX_HIGH = 0.45, 0.78
"""In widths of the picture, and of a row."""
_ARROW = {"arrowstyle": "-|>", "color": ORANGE, "shrinkA": 0, "shrinkB": 0}
_TITLE_LETTERS, _LETTERS, _MOST_LINES = 24, 29, 2
_VERDICTS = {Outcome.ALLOWED: "allowed", Outcome.NEEDS_APPROVAL: "people must approve", Outcome.REFUSED: "refused"}
_ANSWERS = {Answer.APPROVE: "approved", Answer.REJECT: "rejected", Answer.WITHDRAW: "withdrew"}


@dataclass(frozen=True)
class Stage:
    """One box: what it is, and what there is to say of it; `reached` is false for what has not happened."""

    title: str
    text: str
    reached: bool = True


async def draw(found: Why, dossier: Dossier) -> Chart:
    """`why_picture` in a thread, so that the event loop keeps answering Slack."""
    return await asyncio.to_thread(why_picture, found, dossier)


def why_picture(found: Why, dossier: Dossier) -> Chart:
    """The picture with its words; `found` leads back from the plan of the dossier."""
    rests, became = rests_on(found, dossier), became_of(dossier)
    plan = dossier.status.plan
    mark = " (simulated)" if plan.simulated else ""
    title = f"Where {plan.id} comes from and what became of it{mark}"
    with DRAWING:
        png = _drawing(rests, became, f"{plan.id}: where it comes from", f"and what became of it{mark}")
    return Chart(png=png, alt_text=_alt_text(rests, became, title), title=title)


def shown(found: Why, dossier: Dossier) -> tuple[object, ...]:
    """All that the picture shows, for telling pictures apart."""
    plan = dossier.status.plan
    return rests_on(found, dossier), became_of(dossier), plan.id, plan.simulated


def rests_on(found: Why, dossier: Dossier) -> tuple[Stage, ...]:
    """Source, file or loads, version of the facts, features, plan: as far as the lineage goes."""
    plan, steps = dossier.status.plan, found.steps
    sources = list(dict.fromkeys(one.id.partition(":")[2] for one in steps if one.id.startswith("source:")))
    loads = [one for one in steps if one.id.startswith("load:")]
    file = next((one for one in steps if one.id.startswith("file:")), None)
    data = next((one.id for one in steps if is_version(one.id)), "")
    features = [one.id.partition(":")[2] for one in steps if one.id.startswith("feature:")]
    stages = []
    if sources:
        stages.append(
            Stage(
                "Source",
                ", ".join(map(source_name, sources[:3])) + (f" and {len(sources) - 3} more" * (len(sources) > 3)),
            )
        )
    if file is not None:
        lines = "" if file.first_line is None else f", lines {file.first_line:,} to {file.last_line:,}"
        stages.append(Stage("File", f"{file.label}{lines}"))
    if loads:
        newest = f"the newest: {told_by(loads[0].label)}" if len(loads) > 1 else told_by(loads[0].label)
        stages.append(Stage(count(len(loads), "load"), newest))
    if data:
        dataset, _, version = data.rpartition("@")
        stages.append(Stage(words(dataset), f"version {version}"))
    if features:
        stages.append(Stage(count(len(features), "feature"), ", ".join(map(_feature, features[:3]))))
    if not stages and plan.requested_by:
        person = dossier.people.get(plan.requested_by)
        stages.append(Stage("Request", f"asked for by {person.name if person else plan.requested_by}"))
    return (*stages, Stage(plan.id, plan.title))


def _feature(name: str) -> str:
    """As in "clicks 7d" for "clicks_7d@1"."""
    return words(name.partition("@")[0]).lower()


def became_of(dossier: Dossier) -> tuple[Stage, ...]:
    """Rules, people, changes, outcome."""
    verdict, executions = dossier.verdict, dossier.executions
    rules = _VERDICTS[verdict.outcome] if verdict else "not judged yet"
    said = [f"{_name(dossier, one.person_id)} {_ANSWERS[one.answer]}" for one in dossier.decisions]
    asked = "nobody had to be asked" if verdict and not verdict.gates else "nobody yet"
    applied = sum(one.state is ExecutionState.APPLIED for one in executions)
    changed = f"{applied:,} of {len(executions):,} written" if executions else "nothing written"
    outcomes = ", ".join(f"{words(one.kpi)}: {one.score.value}" for one in dossier.outcomes)
    return (
        Stage("Rules", rules, reached=verdict is not None),
        Stage("People", ", ".join(said) or asked, reached=bool(said) or (verdict is not None and not verdict.gates)),
        Stage("Changes", changed, reached=applied > 0),
        Stage("Outcome", outcomes or "not measured yet", reached=bool(outcomes)),
    )


def _name(dossier: Dossier, person_id: str) -> str:
    person = dossier.people.get(person_id)
    return person.name if person else person_id


def _drawing(rests: Sequence[Stage], became: Sequence[Stage], title: str, under: str) -> bytes:
    rows = max(len(rests), len(became))
    figure = phone_figure(_MARGIN_INCHES + _ROW_INCHES * rows, title, under)
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, rows)
    axes.axis("off")
    left = _column(axes, rests, _COLUMNS[0], rows, colour=BLUE)
    right = _column(axes, became, _COLUMNS[1], rows, colour=GREEN)
    # From the plan, at the foot of the left column, on to the rules, at the head of the right one.
    foot, head = left[-1], right[0]
    out, into = _COLUMNS[0] + _BOX_WIDE / 2, _COLUMNS[1] - _BOX_WIDE / 2
    between = (out + into) / 2
    axes.plot([out, between, between], [foot, foot, head], color=ORANGE, linewidth=1.2)
    axes.annotate("", xy=(into, head), xytext=(between, head), arrowprops=_ARROW)
    return phone_png_of(figure, ("follow the arrows; dashed: has not happened",))


def _column(axes: Any, stages: Sequence[Stage], middle: float, rows: int, *, colour: str) -> list[float]:
    """Draw boxes from the top down with arrows between them; the heights of their middles."""
    from matplotlib.patches import FancyBboxPatch

    heights = [rows - place - 0.5 for place in range(len(stages))]
    for height, stage in zip(heights, stages, strict=True):
        box = FancyBboxPatch(
            (middle - _BOX_WIDE / 2, height - _BOX_HIGH / 2),
            _BOX_WIDE,
            _BOX_HIGH,
            boxstyle="round,pad=0,rounding_size=0.02",
            facecolor="white",
            linewidth=1.6,
            mutation_aspect=5,
            edgecolor=colour if stage.reached else GREY,
            linestyle="-" if stage.reached else "--",
        )
        axes.add_patch(box)
        _write(axes, stage, middle, height + _BOX_HIGH / 2 - 0.07)
    for above, below in pairwise(heights):
        ends = (middle, below + _BOX_HIGH / 2), (middle, above - _BOX_HIGH / 2)
        axes.annotate("", xy=ends[0], xytext=ends[1], arrowprops=_ARROW)
    return heights


def _write(axes: Any, stage: Stage, middle: float, top: float) -> None:
    said = {"ha": "center", "va": "top", "color": INK if stage.reached else GREY}
    axes.text(middle, top, drawn(stage.title, _TITLE_LETTERS), fontsize=10.5, fontweight="bold", **said)
    axes.text(middle, top - 0.25, _wrapped(stage.text), fontsize=9, **said)


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(clean(text, 160), _LETTERS, max_lines=_MOST_LINES, placeholder="…")
    return "\n".join(drawn(line, _LETTERS + 2) for line in lines)


def _alt_text(rests: Sequence[Stage], became: Sequence[Stage], title: str) -> str:
    """The same in words, in the order of the arrows."""
    said = [f"{clean(one.title, 60)} ({clean(one.text, 160)})" for one in (*rests, *became)]
    return cut(f"Picture: {title}. {', then '.join(said)}", MOST_ALT - 1) + "."
