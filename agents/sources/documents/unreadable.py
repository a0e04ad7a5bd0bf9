"""What a document that cannot be read is answered with."""


class UnreadableDocument(Exception):
    """Raised when a document is not taken in; nothing of it is kept."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem}. {remedy[:1].upper()}{remedy[1:]}.")
        self.name = name
        self.problem = problem
        self.remedy = remedy
