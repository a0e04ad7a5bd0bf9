"""What a person says about a file that the file does not say itself."""

from dataclasses import dataclass
from datetime import date

from agents.sources.text.days import Order, Period


@dataclass(frozen=True)
class Declared:
    """Answers to what files leave open; each is None or empty where nobody said it."""

    dates: Order | None = None
    currency: str | None = None
    account: str = ""
    period: Period | None = None
    """The days that rows without a date cover."""
    today: date | None = None
    """The day of reading: no export holds later days, and "All time" ends here."""
