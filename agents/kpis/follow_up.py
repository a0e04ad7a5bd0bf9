"""Questions that go on from the one before: "and by channel?", "what about email?", "why?", "and last month?"."""

import re
from dataclasses import dataclass, replace
from datetime import date

from agents.kpis.intents import stands_alone
from agents.kpis.query import KpiQuery
from agents.kpis.sentence import AGAINST, Sentence, hidden, read
from agents.kpis.understanding import (
    Asked,
    ChangesQuestion,
    ForecastQuestion,
    KpiQuestion,
    Question,
    TargetQuestion,
    WhyQuestion,
)
from agents.kpis.vocabulary import Vocabulary
from agents.kpis.windows import Window

_LEAD = re.compile(
    r"^(?:(?:ok(?:ay)?|so|thanks|thank you|great|now|then)[,. ]+)*"
    r"(?P<sure>(?:and|also|what about|how about|(?:the )?same (?:thing )?(?:for|but)|now|only|just|but|or)\b)?"
    r"(?: (?:also|what about|how about|now|the same|only|just))*"
)
_BARE = re.compile(
    r"^(?:why|how come|(?:and )?why(?: (?:is|was) (?:that|this|it)| did (?:it|that|this)(?: \w+)?| so)?|forecast"
    r"|and the forecast|and (?:vs|versus|against) (?:the )?target)[ ?!.]*$"
)
_ABOUT_IT = re.compile(r"\b(?:it|that|they|them|this(?! (?:week|month|quarter|year|weekend|january|february|march)))\b")
_LIMITED = re.compile(r"\b(?:above|below|over|under|more than|less than|at least|at most|fewer than)\b|[<>]")
_WANTED = re.compile(
    r"\b(?:why|how come|forecast|next (?:week|month|quarter)|next \d+ days|tomorrow|targets?|goals?|above|below"
    r"|more than|less than|vs|versus|compared|same period last year|yoy)\b"
)


@dataclass(frozen=True)
class FollowUp:
    """A text that is no whole question, made one by what was asked before."""

    text: str
    """The question with the KPI that is meant."""
    before: Asked
    timed: bool
    """Whether it says which days it means."""
    split: bool
    named: frozenset[str]
    """Kinds of names that it says."""
    compare: Window | None = None
    """What to compare the same days with."""

    @property
    def earlier(self) -> KpiQuery:
        return self.before.query

    def inherited(self, question: Question) -> Question:
        """The question with the days, names and split of the earlier one where it says nothing else."""
        match question:
            case KpiQuestion(query=query, beyond=None) if self.before.kind == "why" and not self.split:
                return WhyQuestion(self._query(query, split=False), ignored=question.ignored)
            case KpiQuestion(query=query) if self.before.kind == "forecast" and not (self.split or self.timed):
                return ForecastQuestion(
                    query.model_copy(
                        update={
                            "window": self.earlier.window,
                            "where": {**self._kept(), **query.where},
                            "compare": None,
                        }
                    ),
                    ignored=question.ignored,
                )
            case KpiQuestion(query=query, beyond=beyond):
                # An amount picks among members, so the split must be one that has them.
                return replace(question, query=self._query(query, split=True), beyond=beyond)
            case WhyQuestion(query=query):
                return replace(question, query=self._query(query, split=False))
            case ForecastQuestion(query=query):
                where = {**self._kept(), **query.where}
                return replace(question, query=query.model_copy(update={"where": where}))
            case TargetQuestion(window=window, by=by, where=where):
                kept = {**self._kept(), **dict(where)}
                return replace(
                    question,
                    window=window if self.timed or self.before.kind == "forecast" else self.earlier.window,
                    by=by or self.earlier.by,
                    where=tuple((kind, kept[kind]) for kind in ("channel", "campaign") if kind in kept),
                )
            case ChangesQuestion(window=window):
                return replace(question, window=window if self.timed else self.earlier.window)
        return question

    def _query(self, query: KpiQuery, *, split: bool) -> KpiQuery:
        where = {**self._kept(), **query.where}
        by = query.by
        if by is None and split and self.earlier.by not in where:
            by = self.earlier.by
        kept = query.model_copy(update={"where": {k: v for k, v in where.items() if k != by}, "by": by})
        compare = self.compare or query.compare or self.earlier.compare
        # Days to come have no numbers: after a forecast the newest days are meant.
        if not self.timed and self.before.kind != "forecast":
            kept = kept.model_copy(update={"window": self.earlier.window, "compare": compare})
        if by and not self.split and kept.limit is None and kept.order == "size":
            kept = kept.model_copy(update={"order": self.earlier.order, "limit": self.earlier.limit})
        return kept

    def _kept(self) -> dict[str, str]:
        # "And for Brand UK?" after "for email" asks for that campaign wherever it runs.
        replaced = self.named | ({"channel"} if "campaign" in self.named else set())
        replaced |= {"campaign"} if "channel" in self.named else set()
        return {kind: value for kind, value in self.earlier.where.items() if kind not in replaced}


def following(text: str, before: Asked, vocabulary: Vocabulary, *, today: date) -> FollowUp | None:
    """The text as a question about what was asked before; None where it stands by itself."""
    lead = _LEAD.match(text)
    sure = bool(lead and lead["sure"])
    rest = (text[lead.end() :] if lead else text).strip(" ,")
    sentence = read(rest, vocabulary, today=today)
    kpis = sentence.of_kind("kpi")
    if kpis and not sure:
        return None
    alone = stands_alone(hidden(sentence)) and not _ABOUT_IT.search(rest)
    if not kpis and not (sure or _BARE.match(text) or (_continues(sentence) and not alone)):
        return None
    compare = None
    if len(sentence.windows) == 1 and (against := AGAINST.search(rest[: sentence.windows[0].start].rstrip() + " ")):
        compare = sentence.windows[0].window
        rest = rest[: against.start()] + rest[sentence.windows[0].end :]
    said = rest if kpis else f"{before.query.kpi.replace('_', ' ')} {_ABOUT_IT.sub(' ', rest)}"
    if before.query.by and not sentence.values("dimension") and (sentence.rank or _LIMITED.search(rest)):
        said += f" by {before.query.by}"
    return FollowUp(
        text=" ".join(said.split()),
        before=before,
        timed=bool(sentence.windows) and compare is None,
        compare=compare,
        split=bool(sentence.values("dimension")) or sentence.rank is not None,
        named=frozenset(kind for kind in ("channel", "campaign", "source", "currency") if sentence.values(kind)),
    )


def _continues(sentence: Sentence) -> bool:
    """Whether the words are only such as narrow, split, date or turn a question that was asked."""
    found = sentence.windows or sentence.terms or sentence.rank or _WANTED.search(hidden(sentence))
    return bool(found) and not any(not _WANTED.search(sentence.words_in(*run)) for run in sentence.left_over())
