"""Athena's errors for queries that cannot run: the text of StateChangeReason and the numbers of AthenaError."""

from __future__ import annotations

from typing import Literal

Category = Literal["system", "user"]

# AthenaError.ErrorType by the code that a message begins with; other user errors have the generic 1000.
# https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
_ERROR_TYPES = {
    "SYNTAX_ERROR": 1006,
    "COLUMN_NOT_FOUND": 1006,
    "TABLE_NOT_FOUND": 1006,
    "SCHEMA_NOT_FOUND": 1006,
    "FUNCTION_NOT_FOUND": 1006,
    "TYPE_MISMATCH": 1006,
    "NOT_SUPPORTED": 1001,
    "DIVISION_BY_ZERO": 1000,
    "HIVE_TOO_MANY_OPEN_PARTITIONS": 1100,
    "HIVE_PATH_ALREADY_EXISTS": 1100,
    "PERMISSION_DENIED": 1000,
}


class AthenaQueryError(Exception):
    """A query fails.

    Attributes:
        reason: StateChangeReason, word for word.
        category: whether the user or the system caused it.
        code: the first word of `reason`.
    """

    def __init__(self, reason: str, category: Category = "user") -> None:
        super().__init__(reason)
        self.reason = reason
        self.category: Category = category
        self.code = reason.split(":", 1)[0]

    def __reduce__(self) -> tuple[type[AthenaQueryError], tuple[str, Category]]:
        return type(self), (self.reason, self.category)

    @property
    def error_type(self) -> int:
        """The number for AthenaError.ErrorType."""
        return _ERROR_TYPES.get(self.code, 1000 if self.category == "user" else 401)

    def as_athena_error(self) -> dict[str, object]:
        """Return the AthenaError structure of GetQueryExecution's Status."""
        return {
            "ErrorCategory": 2 if self.category == "user" else 1,
            "ErrorType": self.error_type,
            "Retryable": False,
            "ErrorMessage": self.reason,
        }

    @classmethod
    def syntax(cls, message: str, line: int = 1, column: int = 1) -> AthenaQueryError:
        """Return a SYNTAX_ERROR at a position of the query."""
        return cls(f"SYNTAX_ERROR: line {line}:{column}: {message}")

    @classmethod
    def unsupported(cls, what: str) -> AthenaQueryError:
        """Return the error for what Athena can do and this endpoint cannot. It is refused, never approximated."""
        return cls(f"NOT_SUPPORTED: the local Athena endpoint does not support {what}; run it on Athena itself")


class MalformedQuery(AthenaQueryError):
    """The text does not parse: Athena refuses it at StartQueryExecution, with InvalidRequestException."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}:{column}: {message}")

    def __reduce__(self) -> tuple[type[AthenaQueryError], tuple[str, Category]]:  # type: ignore[override]
        return AthenaQueryError, (self.reason, self.category)
