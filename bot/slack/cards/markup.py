"""Words on cards: text from data made harmless, and money, percentages, days and moments in people's form.

Names of campaigns come from ad accounts, where anyone may have typed anything. On a card such text can
neither ping a channel, make a link, format its surroundings, draw an emoji, reverse a line nor outgrow
its place. Lengths are counted in UTF-16 units, the strictest of the ways in which Slack's clients count.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from storage.records.money import Money
from storage.records.plans import Value

ISOLATES = "\u2068\u2069"
"""First-strong isolate and its end: what is between them orders itself, and nothing around it."""

_JOINER = "\u2060"  # Invisible; breaks up what Slack would read as a code.
_KEPT_CONTROLS = {"\u200c", "\u200d"}  # Part of emoji families, Persian and Indic words.
_MOST_MARKS = 4  # More combining marks on one letter than any script uses.
_LONGEST_CLUSTER = 40
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_ALWAYS_MARKS = {"*": "∗", "~": "∼", "`": "ˋ"}
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_CODES = re.compile(r":(?=[\w+\-']+:)|(?<=www)\.|(?<=:)(?=//)|(?<=[@#])(?=\w)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CHANNELS = {"email", "paid_search", "paid_social", "website"}
_OUR_CODES = re.compile(r"(?<![\w/:])(?:paid_search|paid_social|drift_thresholds|planner_settings)(?![\w/@])")
_ISO_DAYS = re.compile(r"(?<![\w/@.:-])(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w-])")
_LOAD = re.compile(r"load:(.+)-(\d{4}-\d{2}-\d{2})-\w+")
_RECORDS = {
    "facts": "all data",
    "drift_thresholds": "alert thresholds",
    "planner_settings": "planner settings",
    "kpis": "KPI definitions",
    "features": "feature definitions",
}
_ACRONYMS = {"roas", "ctr", "cvr", "cpc", "cpm", "cpa", "cpl", "aov", "kpi", "sla", "cmo"}


def width(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def clean(text: str, most: int = 80, *, empty: str = "(no name)") -> str:
    """Untrusted text as one line of at most `most` units, for plain-text objects; for mrkdwn see `data`."""
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if char.isspace() or category == "Cc":
            kept.append(" ")
        elif marks <= _MOST_MARKS and category not in {"Cs", "Cn"} and _shown(char, category):
            kept.append(char)
        if len(kept) > 4 * most + 100:
            break
    return _isolated(" ".join("".join(kept).split()) or empty, most)


def data(text: str, most: int = 80, *, empty: str = "(no name)") -> str:
    """Untrusted text for mrkdwn: cleaned to `most` units and then escaped, so at most five times as long."""
    safe = clean(text, most, empty=empty)
    safe = _CODES.sub(lambda found: found.group() + _JOINER, safe)
    for mark, lookalike in _ALWAYS_MARKS.items():
        safe = safe.replace(mark, lookalike)
    # Inside a word Slack leaves underscores alone, and campaign names are full of them.
    return escaped(_UNDERSCORE.sub("ˍ", safe))


def code_line(text: str, most: int) -> str:
    """One untrusted line of a file for a place where nothing is markup: spaces kept, what is invisible dropped."""
    kept = (" " if char == "\t" else char for char in text if char == "\t" or _in_code(char))
    return cut("".join(kept), most)


def escaped(text: str) -> str:
    """The three characters that Slack reads as control characters, as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """At most `most` units, cut between whole characters, with an ellipsis where something is missing."""
    if width(text) <= most:
        return text
    kept, used = 0, 1  # One unit for the ellipsis.
    for char in text:
        used += width(char)
        if used > most:
            break
        kept += 1
    for fewer in range(kept, max(kept - _LONGEST_CLUSTER, 0), -1):
        if _starts_a_character(text, fewer):
            kept = fewer
            break
    return text[:kept].rstrip() + "…"


def within(lines: Iterable[str], most: int, *, rest: str = "…and {n} more") -> str:
    """Whole lines joined up to `most` units; how many did not fit is said in a last line."""
    every = list(lines)
    ends = list(accumulate(width(line) + 1 for line in every))
    if not ends or ends[-1] - 1 <= most:
        return "\n".join(every)
    room = most - width(rest.format(n=len(every)))
    shown = sum(end <= room for end in ends)
    return "\n".join([*every[:shown], rest.format(n=len(every) - shown)])


def bullets(texts: Sequence[str], *, most: int, each: int = 300) -> str:
    """Untrusted sentences as a list within `most` units; empty for none."""
    return within((f"• {data(spelled(text), each)}" for text in texts), most)


def spelled(sentence: str) -> str:
    """A sentence of an agent or a rule for people: "paid_search to 2026-03-29" → "paid search to 29 Mar 2026".

    What names things, such as paid_search/ps-2005 or load-2026-03-29, stays as it is.
    """
    worded = _OUR_CODES.sub(lambda found: _RECORDS.get(found[0], found[0].replace("_", " ")), sentence)
    return _ISO_DAYS.sub(lambda found: f"{int(found[3])} {_MONTHS[int(found[2]) - 1]} {found[1]}", worded)


def record_words(ref: str) -> str:
    """What a decision rests on, for people: "load:sandbox-2026-04-05-17d7a23a" → "data of sandbox to 5 Apr 2026".

    Of what has no words of its own the reference; plain, not escaped.
    """
    if load := _LOAD.fullmatch(ref):
        return f"data of {load[1]} to {spelled(load[2])}"
    name, _, version = ref.partition("@")
    known = _RECORDS.get(name.removeprefix("model:"))
    return f"{known}, version {version}" if known and version else ref


def money(amount: Money) -> str:
    """As in "£1,234.50", without pence where there are none: "£510"."""
    text = str(amount)
    whole = amount.amount == amount.amount.to_integral_value()
    return text.partition(".")[0] if whole else text


def signed(amount: Money) -> str:
    """As in "+£210", "−£140", "±£0"."""
    return money(amount) if amount.minor < 0 else f"{'+' if amount.minor else '±'}{money(amount)}"


def value(held: Value, most: int = 60) -> str:
    """The content of a field for mrkdwn."""
    return money(held) if isinstance(held, Money) else data(held, most, empty="(empty)")


def plain_value(held: Value, most: int = 60) -> str:
    """The content of a field for plain text."""
    return money(held) if isinstance(held, Money) else clean(held, most, empty="(empty)")


def percent_change(before: Decimal, after: Decimal) -> str:
    """As in "+70%", "−33%", "±0%"; empty where there is nothing to compare with: from zero."""
    if not before:
        return ""
    change = ((after - before) / abs(before) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    if not change:
        return "±0%"
    return f"{'+' if change > 0 else '−'}{abs(change):,}%"


def words(code: str) -> str:
    """A code of ours for people: "paid_search" → "Paid search", "roas" → "ROAS"; plain, not escaped."""
    if code.lower() in _ACRONYMS:
        return code.upper()
    spaced = code.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]


def member(label: str, dimension: str = "") -> str:
    """A member of a dimension for people: channels are codes of ours, other names stay as they are."""
    return words(label) if dimension == "channel" or label in _CHANNELS else label


def day(when: date) -> str:
    """As in "3 Jun"."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def day_range(first: datetime | None, last: datetime | None, zone: ZoneInfo) -> str:
    """As in "3 May – 9 Jun 2025" in that zone; empty where an end is unknown."""
    if first is None or last is None:
        return ""
    start, end = first.astimezone(zone), last.astimezone(zone)
    opening = day(start) if start.year == end.year else f"{day(start)} {start.year}"
    return f"{day(end)} {end.year}" if start.date() == end.date() else f"{opening} – {day(end)} {end.year}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment for mrkdwn that every reader sees in their own zone; `zone` is for clients that cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{plain_moment(at, zone)}>"


def plain_moment(at: datetime, zone: ZoneInfo) -> str:
    """As in "3 Jun 2025 at 10:30 BST", for plain text."""
    local = at.astimezone(zone)
    return f"{day(local)} {local.year} at {local:%H:%M %Z}"


def count(number: int, singular: str, plural: str = "") -> str:
    """As in "1 change", "4 changes"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _shown(char: str, category: str) -> bool:
    return category != "Cf" or char in _KEPT_CONTROLS


def _in_code(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


def _isolated(text: str, most: int) -> str:
    """Keep right-to-left names from reordering the numbers beside them."""
    if not any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return cut(text, most)
    return f"{ISOLATES[0]}{cut(text, most - 2)}{ISOLATES[1]}"


def _starts_a_character(text: str, index: int) -> bool:
    """Whether a reader sees a new character begin at the index."""
    char, before = text[index], text[index - 1]
    joined = before == "\u200d" or char in _KEPT_CONTROLS
    modifier = unicodedata.category(char) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= char <= "\U0001f3ff"
    # Flags are pairs of letters of their own kind.
    letters = index - len(text[:index].rstrip(_FLAG_LETTERS))
    return not (joined or modifier or (char in _FLAG_LETTERS and letters % 2))
