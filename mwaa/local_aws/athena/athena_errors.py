"""What Athena says when a query cannot run: the wording in StateChangeReason and the numbers in AthenaError."""

from __future__ import annotations

from typing import Literal

Category = Literal["system", "user"]

# AthenaError.ErrorType for the prefixes that clients look at; other user errors carry the generic 1000.
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
    """A query ends FAILED.

    `reason` is StateChangeReason word for word; `code` is its first word; `category` says whose fault it is.
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
        """AthenaError.ErrorType."""
        return _ERROR_TYPES.get(self.code, 1000 if self.category == "user" else 401)

    def as_athena_error(self) -> dict[str, object]:
        """The AthenaError structure of GetQueryExecution's Status."""
        return {
            "ErrorCategory": 2 if self.category == "user" else 1,
            "ErrorType": self.error_type,
            "Retryable": False,
            "ErrorMessage": self.reason,
        }

    @classmethod
    def syntax(cls, message: str, line: int = 1, column: int = 1) -> AthenaQueryError:
        """`line 1:8: mismatched input …`: Athena's parser speaks without a code in front."""
        return cls(f"SYNTAX_ERROR: line {line}:{column}: {message}")

    @classmethod
    def unsupported(cls, what: str) -> AthenaQueryError:
        """Something Athena can do and this endpoint cannot: it is refused, never approximated."""
        return cls(f"NOT_SUPPORTED: the local Athena endpoint does not support {what}; run it on Athena itself")


class MalformedQuery(AthenaQueryError):
    """The text does not parse: Athena refuses it in StartQueryExecution itself (InvalidRequestException)."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}:{column}: {message}")

    def __reduce__(self) -> tuple[type[AthenaQueryError], tuple[str, Category]]:  # type: ignore[override]
        return AthenaQueryError, (self.reason, self.category)
