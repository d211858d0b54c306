"""How a statement ends when it does not succeed. No message of Athena is worded here but its frame."""

from __future__ import annotations


class AthenaFailure(Exception):
    """A failure of a statement as Athena reports it: `CODE: message`; its state becomes FAILED."""

    def __init__(self, code: str, message: str, error_type: int = 1000, category: int = 2) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.error_type = error_type
        self.category = category


class Cancelled(Exception):
    """A statement was stopped by its user or by a limit of its work group; its state becomes CANCELLED."""


class NotSupportedByDouble(Exception):
    """The double cannot do what Athena might; it is answered with HTTP 501, which Athena never sends."""

    def __init__(self, what: str) -> None:
        super().__init__(f"double does not support {what}; this says nothing about Athena")
