"""A statement's outcome, and a small reader for Hive DDL, which sqlglot does not parse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from mwaa.local_aws.athena.athena_errors import MalformedQuery

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|''|\\.)*')|(\"(?:[^\"]|\"\")*\"|`[^`]*`)|([\w$.:/\-]+)|(\S))", re.DOTALL)


@dataclass
class Outcome:
    """The outcome of a statement. `rows` are text; a CSV result is in its file, not in `rows`."""

    statement_type: str  # DML, DDL or UTILITY
    substatement_type: str
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    is_csv: bool = False
    output_location: str | None = None
    manifest_location: str | None = None
    update_count: int | None = None
    row_count: int = 0
    bytes_scanned: int = 0


def strip_comments(sql: str) -> str:
    """Return the text without comments and without the semicolon at its end."""
    return _COMMENT.sub(lambda found: found[1] or " ", sql).strip().rstrip(";").strip()


def first_words(sql: str, count: int = 3) -> list[str]:
    """Return the first words in capitals."""
    return [word.upper() for word in re.findall(r"[A-Za-z_]+|\(", sql)[:count]]


class Reader:
    """Reads a DDL statement word by word. Methods raise MalformedQuery when the text is not what they expect."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = [next(g for g in found.groups() if g is not None) for found in _TOKEN.finditer(sql)]
        self._index = 0

    @property
    def at_end(self) -> bool:
        """Whether all words have been read."""
        return self._index >= len(self._tokens)

    def peek(self) -> str:
        """Return the next word without reading it; an empty string at the end."""
        return "" if self.at_end else self._tokens[self._index]

    def next(self) -> str:
        """Read one word."""
        if self.at_end:
            raise MalformedQuery("mismatched input '<EOF>'", 1, len(self.sql) + 1)
        self._index += 1
        return self._tokens[self._index - 1]

    def take(self, *words: str) -> bool:
        """Read these words if they come next; returns whether they did."""
        ahead = [t.upper() for t in self._tokens[self._index : self._index + len(words)]]
        if ahead != list(words):
            return False
        self._index += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words, which must come next."""
        if not self.take(*words):
            raise MalformedQuery(f"mismatched input '{self.peek() or '<EOF>'}'. Expecting: '{' '.join(words)}'")

    def end(self) -> None:
        """Check that all words have been read."""
        if not self.at_end:
            raise MalformedQuery(f"mismatched input '{self.peek()}'. Expecting: <EOF>")

    def string(self) -> str:
        """Read a text in quotes and return it without them."""
        token = self.next()
        if not token.startswith("'"):
            raise MalformedQuery(f"mismatched input '{token}'. Expecting: <string>")
        return token[1:-1].replace("''", "'").replace("\\\\", "\\").replace("\\'", "'")

    def identifier(self) -> str:
        """Read one name and return it in lower case, without quotes."""
        return self.next().strip('`"').lower()

    def qualified(self, database: str) -> tuple[str, str]:
        """Read `[catalog.][database.]table` and return (database, table)."""
        parts: list[str] = []
        while True:
            token = self.next()
            parts += [token.strip('`"')] if token[0] in '`"' else [p for p in token.split(".") if p]
            if self.take("."):
                continue
            if token.endswith(".") or (not self.at_end and self.peek().startswith(".") and self._dotted()):
                continue
            break
        names = [part.lower() for part in parts]
        return (names[-2] if len(names) > 1 else database), names[-1]

    def _dotted(self) -> bool:
        """Remove the dot before the next word: "`db`.name" is two words, the second with the dot."""
        self._tokens[self._index] = self._tokens[self._index][1:]
        return True

    def properties(self) -> dict[str, str]:
        """Read `('a' = 'b', c = 'd')` and return {'a': 'b', 'c': 'd'}."""
        self.expect("(")
        found: dict[str, str] = {}
        while not self.take(")"):
            token = self.next()
            key = token[1:-1] if token.startswith("'") else token.strip('`"')
            self.expect("=")
            value = self.next()
            found[key] = value[1:-1].replace("''", "'") if value.startswith("'") else value
            self.take(",")
        return found

    def rest(self) -> str:
        """Read all remaining words and return them with single spaces."""
        left = " ".join(self._tokens[self._index :])
        self._index = len(self._tokens)
        return left
