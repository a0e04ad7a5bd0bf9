"""Rules of the rich_text block and of the cells that may hold it."""

from bot.workspace.blocks.check import Rule, anything, boolean, by_type, enum, integer, items, link, shape, string

_TYPE: dict[str, Rule] = {"type": anything}
_STYLES = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
_STYLE = {"style": shape(optional=dict.fromkeys(_STYLES, boolean))}


def _part(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    return shape({**_TYPE, **required}, {**_STYLE, **(optional or {})})


_INLINE = by_type(
    {
        "text": _part({"text": string(12_000)}),
        "link": _part({"url": link()}, {"text": string(12_000), "unsafe": boolean}),
        "emoji": _part({"name": string(255)}, {"unicode": string(255), "skin_tone": integer(1, 6)}),
        "user": _part({"user_id": string(64)}),
        "usergroup": _part({"usergroup_id": string(64)}),
        "channel": _part({"channel_id": string(64)}),
        "team": _part({"team_id": string(64)}),
        "broadcast": _part({"range": enum("here", "channel", "everyone")}),
        "color": _part({"value": string(64)}),
        "date": _part(
            {"timestamp": integer(0, 99_999_999_999), "format": string(255)},
            {"url": link(), "fallback": string(255)},
        ),
    }
)
_MANY = 2_000
_SECTION = shape({**_TYPE, "elements": items(_INLINE, least=0, most=_MANY)})
_BORDER: dict[str, Rule] = {"border": integer(0, 1)}
_PREFORMATTED = shape({**_TYPE, "elements": items(_INLINE, most=_MANY)}, {**_BORDER, "language": string(64)})
_QUOTE = shape({**_TYPE, "elements": items(_INLINE, most=_MANY)}, _BORDER)
_LIST = shape(
    {
        **_TYPE,
        "style": enum("bullet", "ordered"),
        "elements": items(by_type({"rich_text_section": _SECTION}), most=_MANY),
    },
    {**_BORDER, "indent": integer(0, 8), "offset": integer(0, 10_000)},
)
RICH_TEXT = shape(
    {
        **_TYPE,
        "elements": items(
            by_type(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_list": _LIST,
                    "rich_text_preformatted": _PREFORMATTED,
                    "rich_text_quote": _QUOTE,
                }
            ),
            most=_MANY,
        ),
    },
    {"block_id": anything},
)
RICH_TEXT_PART = by_type({"rich_text": RICH_TEXT})
