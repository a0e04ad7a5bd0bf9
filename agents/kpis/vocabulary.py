"""The words a question may use: names and synonyms of KPIs, dimensions, and the names that the data knows."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from agents.kpis.definitions import Kpis
from agents.kpis.windows import normalised

Kind = Literal["kpi", "dimension", "channel", "campaign", "source", "currency"]
_PRECEDENCE: tuple[Kind, ...] = ("kpi", "dimension", "channel", "campaign", "source", "currency")
_WORD = re.compile(r"[^\W_]+")
LONGEST_TERM = 16
"""Words of the longest name that is looked for."""

DIMENSION_WORDS: Mapping[str, str] = {
    "channel": "channel", "channels": "channel",
    "campaign": "campaign", "campaigns": "campaign",
    "account": "account", "accounts": "account",
    "source": "source", "sources": "source", "platform": "source", "platforms": "source",
    "currency": "currency", "currencies": "currency",
    "day": "day", "days": "day", "daily": "day",
    "week": "week", "weeks": "week", "weekly": "week",
}  # fmt: skip
AFTER_BY: Mapping[str, str] = {
    "owner": "owner", "owners": "owner", "assignee": "owner", "agent": "agent", "team": "team", "teams": "team",
    "type": "type", "types": "type", "kind": "type", "country": "country", "countries": "country",
    "locale": "locale", "locales": "locale", "language": "locale", "languages": "locale",
    "pipeline": "pipeline", "pipelines": "pipeline", "stage": "stage", "stages": "stage", "priority": "priority",
    "product": "product", "products": "product", "audience": "audience", "audiences": "audience", "origin": "origin",
}  # fmt: skip
"""Dimensions of business objects, meant only where a question splits by them: they are common words besides."""
_CHANNEL_ALIASES: Mapping[str, tuple[str, ...]] = {
    "email": ("e mail", "mail", "emails", "e mails", "newsletter", "newsletters"),
    "paid_search": ("search", "search ads", "ppc", "sem"),
    "paid_social": ("social", "social ads", "social media"),
    "website": ("site", "web", "web site"),
}


_SOURCE_ALIASES: Mapping[str, tuple[str, ...]] = {
    "google_ads": ("google", "adwords"),
    "meta": ("meta ads", "facebook", "facebook ads", "fb"),
}


@dataclass(frozen=True)
class Meaning:
    kind: Kind
    value: str
    """The KPI's name, or the name as the data spells it."""


@dataclass(frozen=True)
class Vocabulary:
    """What words may mean. Names from data are untrusted text; they are compared, never interpreted."""

    kpis: Kpis
    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def meanings(self, words: tuple[str, ...]) -> tuple[Meaning, ...]:
        """Everything exactly these words can mean, of the kind that comes first; empty where nothing."""
        found = self._terms.get(words, ())
        kinds = [kind for kind in _PRECEDENCE if any(one.kind == kind for one in found)]
        return tuple(one for one in found if one.kind == kinds[0]) if kinds else ()

    def of_kind(self, words: tuple[str, ...], kind: Kind) -> tuple[Meaning, ...]:
        return tuple(one for one in self._terms.get(words, ()) if one.kind == kind)

    def campaigns_containing(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Campaigns in whose names these words stand together."""
        size = len(words)
        return tuple(
            name
            for name, own in self._campaign_words
            if any(own[at : at + size] == words for at in range(len(own) - size + 1))
        )

    def near(self, words: str, *, kinds: Iterable[Kind], cutoff: float, slack: int = 3) -> tuple[Meaning, ...]:
        """Terms spelled nearly like these words, nearest first, three meanings at most.

        `slack` is how much longer or shorter a term may be, in letters.
        """
        wanted = frozenset(kinds)
        candidates = [
            term
            for term in self._spelled
            if abs(len(term) - len(words)) <= slack and any(one.kind in wanted for one in self._spelled[term])
        ]
        close = difflib.get_close_matches(words, candidates, n=6, cutoff=cutoff)
        meanings = [one for term in close for one in self._spelled[term] if one.kind in wanted]
        return tuple(dict.fromkeys(meanings))[:3]

    @cached_property
    def _terms(self) -> Mapping[tuple[str, ...], tuple[Meaning, ...]]:
        terms: defaultdict[tuple[str, ...], dict[Meaning, None]] = defaultdict(dict)
        for text, meaning in self._said():
            if words := words_of(text):
                terms[words][meaning] = None
        # A KPI's own name means that KPI alone, whoever else claims it as a synonym.
        for name in self.kpis:
            key, own = words_of(name), Meaning("kpi", name)
            others = [one for one in terms[key] if one.kind != "kpi"]
            terms[key] = dict.fromkeys([own, *others])
        return {words: tuple(meanings) for words, meanings in terms.items()}

    def _said(self) -> Iterator[tuple[str, Meaning]]:
        """Every way to say something, with what it means."""
        for kpi in self.kpis.values():
            for text in (kpi.name, kpi.label, *kpi.synonyms):
                yield text, Meaning("kpi", kpi.name)
        for channel in self.channels:
            for text in (channel, *_CHANNEL_ALIASES.get(channel, ())):
                yield text, Meaning("channel", channel)
        for source in self.sources:
            for text in (source, *_SOURCE_ALIASES.get(source, ())):
                yield text, Meaning("source", source)
        yield from ((name, Meaning("campaign", name)) for name in self.campaigns)
        yield from ((code, Meaning("currency", code)) for code in self.currencies)

    @cached_property
    def _spelled(self) -> Mapping[str, tuple[Meaning, ...]]:
        return {" ".join(words): meanings for words, meanings in self._terms.items()}

    @cached_property
    def _campaign_words(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((name, words_of(name)) for name in self.campaigns)


@dataclass(frozen=True)
class Word:
    """A word of normalised text and where it stands."""

    text: str
    start: int
    end: int


def spread(text: str) -> tuple[Word, ...]:
    """The words of normalised text; punctuation and underscores part them."""
    return tuple(Word(match.group(), match.start(), match.end()) for match in _WORD.finditer(text))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in spread(normalised(text)))
