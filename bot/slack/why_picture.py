"""A plan's lineage as a picture: above, the data it rests on; below, what rules, people and channels did with it."""

import asyncio
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.lifecycle.tell import is_version
from agents.lifecycle.why import Why
from bot.slack.cards.markup import clean, count, cut, words
from bot.slack.charts import MOST_ALT, Chart
from bot.slack.paper import BLUE, DRAWING, GREEN, GREY, INK, ORANGE, drawn, new_figure, png_of
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.verdicts import Answer, Outcome

_HEIGHT_INCHES = 3.3
_BOX_HEIGHT, _GAP = 0.74, 0.16
"""In units of a row and of a column."""
_LOW, _HIGH = 0.02, 1.14
"""Where the two rows of boxes stand."""
_ARROW = {"arrowstyle": "-|>", "color": ORANGE, "shrinkA": 0, "shrinkB": 0}
_LETTERS_A_ROW = 88
_MOST_LINES = 4
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
        png = _drawing(rests, became, title)
    return Chart(png=png, alt_text=_alt_text(rests, became, title), title=title)


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
        stages.append(Stage("Source", ", ".join(sources[:3]) + (f" and {len(sources) - 3} more" * (len(sources) > 3))))
    if file is not None:
        lines = "" if file.first_line is None else f", lines {file.first_line:,} to {file.last_line:,}"
        stages.append(Stage("File", f"{file.label}{lines}"))
    if loads:
        newest = f"the newest: {loads[0].label}" if len(loads) > 1 else loads[0].label
        stages.append(Stage(count(len(loads), "load"), newest))
    if data:
        dataset, _, version = data.rpartition("@")
        stages.append(Stage(words(dataset), f"version {version}"))
    if features:
        stages.append(Stage(count(len(features), "feature"), ", ".join(features[:3])))
    if not stages and plan.requested_by:
        person = dossier.people.get(plan.requested_by)
        stages.append(Stage("Request", f"asked for by {person.name if person else plan.requested_by}"))
    return (*stages, Stage(plan.id, plan.title))


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


def _drawing(rests: Sequence[Stage], became: Sequence[Stage], title: str) -> bytes:
    figure = new_figure(_HEIGHT_INCHES, title)
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.06, 2.06)
    axes.axis("off")
    _, last = _row(axes, rests, bottom=_HIGH, colour=BLUE)
    first, _ = _row(axes, became, bottom=_LOW, colour=GREEN)
    # From the plan, at the end of the first row, on to the rules, at the beginning of the second.
    between, top = (_LOW + _BOX_HEIGHT + _HIGH) / 2, _LOW + _BOX_HEIGHT
    axes.plot([last, last, first], [_HIGH, between, between], color=ORANGE, linewidth=1.2)
    axes.annotate("", xy=(first, top), xytext=(first, between), arrowprops=_ARROW)
    return png_of(figure, "data and what came of it, left to right; dashed: has not happened")


def _row(axes: Any, stages: Sequence[Stage], *, bottom: float, colour: str) -> tuple[float, float]:
    """Draw the boxes of a row with arrows between them; the middles of the first and the last."""
    from matplotlib.patches import FancyBboxPatch

    column = 1 / len(stages)
    wide = column * (1 - _GAP)
    middles = [column * (place + 0.5) for place in range(len(stages))]
    for middle, stage in zip(middles, stages, strict=True):
        box = FancyBboxPatch(
            (middle - wide / 2, bottom),
            wide,
            _BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.012",
            facecolor="white",
            linewidth=1.6,
            mutation_aspect=6,
            edgecolor=colour if stage.reached else GREY,
            linestyle="-" if stage.reached else "--",
        )
        axes.add_patch(box)
        _write(axes, stage, middle, bottom + _BOX_HEIGHT - 0.08, letters=max(10, int(_LETTERS_A_ROW / len(stages))))
    for left, right in pairwise(middles):
        height = bottom + _BOX_HEIGHT / 2
        axes.annotate("", xy=(right - wide / 2, height), xytext=(left + wide / 2, height), arrowprops=_ARROW)
    return middles[0], middles[-1]


def _write(axes: Any, stage: Stage, middle: float, top: float, *, letters: int) -> None:
    said = {"ha": "center", "va": "top", "color": INK if stage.reached else GREY}
    axes.text(middle, top, drawn(stage.title, letters), fontsize=10, fontweight="bold", **said)
    axes.text(middle, top - 0.19, _wrapped(stage.text, letters), fontsize=8.5, **said)


def _wrapped(text: str, letters: int) -> str:
    lines = textwrap.wrap(clean(text, 160), letters, max_lines=_MOST_LINES, placeholder="…")
    return "\n".join(drawn(line, letters + 2) for line in lines)


def _alt_text(rests: Sequence[Stage], became: Sequence[Stage], title: str) -> str:
    """The same in words, in the order of the arrows."""
    said = [f"{clean(one.title, 60)} ({clean(one.text, 160)})" for one in (*rests, *became)]
    return cut(f"Picture: {title}. {', then '.join(said)}", MOST_ALT - 1) + "."
