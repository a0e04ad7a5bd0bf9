"""Currency symbols as exports write them; a symbol shared by several currencies names none of them."""

_ONE = {
    "€": "EUR", "£": "GBP", "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "R$": "BRL", "MX$": "MXN", "NT$": "TWD", "₹": "INR", "₩": "KRW",
    "₪": "ILS", "₺": "TRY", "₫": "VND", "₱": "PHP", "₴": "UAH", "₽": "RUB", "฿": "THB", "₦": "NGN", "zł": "PLN",
    "Kč": "CZK", "Ft": "HUF", "lei": "RON", "лв": "BGN", "CN¥": "CNY", "JP¥": "JPY", "S/": "PEN", "Fr.": "CHF",
}  # fmt: skip
_SHARED = {
    "$": frozenset(["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU"]),
    "¥": frozenset(("JPY", "CNY")),
    "￥": frozenset(("JPY", "CNY")),
    "kr": frozenset(("SEK", "NOK", "DKK", "ISK")),
    "kr.": frozenset(("SEK", "NOK", "DKK", "ISK")),
}
SYMBOLS = frozenset((*_ONE, *_SHARED))


def could_be(symbol: str) -> frozenset[str]:
    """ISO 4217 codes that a symbol, or a code written in its place, may stand for; empty if it is neither."""
    if symbol in _ONE:
        return frozenset((_ONE[symbol],))
    if symbol in _SHARED:
        return _SHARED[symbol]
    return frozenset((symbol,)) if is_code(symbol) else frozenset()


def is_code(text: str) -> bool:
    """Whether the text has the form of an ISO 4217 code."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
