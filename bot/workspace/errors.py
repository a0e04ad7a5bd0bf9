"""What a Web API method raises when it refuses a call; answered as `{"ok": false, "error": code}`."""

from typing import Any


class ApiError(Exception):
    """Raised when a Web API call is refused; `code` is Slack's error code, `details` join the answer."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON answer Slack would give."""
        return {"ok": False, "error": self.code, **self.details}


def refused_with(code: str, problems: list[str]) -> ApiError:
    """An error that lists what is wrong and where, the way Slack words it in `response_metadata`."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return ApiError(code, errors=problems, response_metadata={"messages": messages})
