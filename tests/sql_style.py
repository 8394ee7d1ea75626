"""The house style of the SQL in dags/gold and expectations, as checks on the text of a file.

    WITH built AS (
        SELECT
            restaurant_id,
            COUNT(*) AS orders
        FROM {{ batch }}
        WHERE net_sales > 0
            AND NOT is_test
        GROUP BY restaurant_id
    )

Keywords and functions are upper case, names lower case; four spaces a level; a clause begins a line, and so do the
conditions of a WHERE; a select list is on the line of its SELECT, or has one column a line; at most 120 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_LINE = 120
INDENT = 4

KEYWORDS = (
    "select|distinct|from|where|group|having|order|limit|union|with|as|and|or|not|in|is|null|between|case|when|then|else"
    "|end|join|inner|left|right|full|cross|on|over|partition|exists|unnest|asc|desc|true|false"
)
CLAUSES = ("FROM", "WHERE", "GROUP BY", "HAVING", "LIMIT", "UNION", "INNER JOIN", "LEFT JOIN", "CROSS JOIN")

_JINJA_TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.S)
_JINJA_VALUE = re.compile(r"\{\{.*?\}\}", re.S)
_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_FUNCTION = re.compile(r"(?<![\w.])([a-z_]\w*)\(")
_KEYWORD = re.compile(rf"(?<![\w.])({KEYWORDS})(?![\w.(])")
_CLAUSE = re.compile(rf"(?<![\w.])({'|'.join(CLAUSES)})(?!\w)")
_CONDITION = re.compile(r"(?<!\w)(AND|OR)(?!\w)")
_BETWEEN = re.compile(r"BETWEEN\s+\S.*?\s+AND(?!\w)")


def problems(text: str) -> list[str]:
    """What is against the style in the text of an SQL file, each with its line number."""
    lines = text.split("\n")
    found = [f"line {number}: {said}" for number, line in enumerate(lines, 1) for said in _of_line(line)]
    if not text.endswith("\n") or text.endswith("\n\n"):
        found.append("the file must end with one line break")
    in_columns_of: int | None = None
    for number, line in enumerate(code_of(text).split("\n"), 1):
        if lines[number - 1].lstrip().startswith("{%"):
            continue
        found += [f"line {number}: {said}" for said in _of_code(line)]
        depth = len(line) - len(line.lstrip())
        if line.strip() in ("SELECT", "SELECT DISTINCT"):
            in_columns_of = depth
        elif in_columns_of is not None and depth <= in_columns_of and line.strip():
            in_columns_of = None
        elif (
            in_columns_of is not None and depth == in_columns_of + INDENT and "," in _outside(line).rstrip().rstrip(",")
        ):
            found.append(f"line {number}: one column a line: {line.strip()}")
    return found


def code_of(text: str) -> str:
    """The text with comments, quoted texts and Jinja replaced by blanks or `0`, so that every line keeps its place."""
    for pattern, filler in ((_JINJA_TAG, " "), (_JINJA_VALUE, "0")):
        text = pattern.sub(lambda match, filler=filler: re.sub(r"[^\n]", filler, match[0]), text)
    return _COMMENT_OR_TEXT.sub(lambda match: re.sub(r"[^\n]", " " if match[0][0] == "-" else "0", match[0]), text)


def _of_line(line: str) -> Iterator[str]:
    """What can be said of a line as it is."""
    if line != line.rstrip():
        yield "blanks at the end of the line"
    if "\t" in line:
        yield "a tab: indent with spaces"
    if len(line) > LONGEST_LINE and not line.startswith("--"):
        yield f"{len(line)} characters: at most {LONGEST_LINE}"


def _of_code(line: str) -> Iterator[str]:
    """What can be said of a line whose comments, texts and Jinja are blanked."""
    if not line.strip():
        return
    if (len(line) - len(line.lstrip())) % INDENT:
        yield f"indented by {len(line) - len(line.lstrip())}: use multiples of {INDENT}"
    for name in _FUNCTION.findall(line):
        yield f"write the function {name} in upper case"
    for word in _KEYWORD.findall(line):
        yield f"write the keyword {word} in upper case"
    own = _outside(line).strip()
    clause = _CLAUSE.search(
        own.replace("IS DISTINCT FROM", "IS DISTINCT_").replace("IS NOT DISTINCT FROM", "DISTINCT_")
    )
    if clause and clause.start() > 0 and not own.startswith(("PARTITION BY", "DELETE")):
        yield f"begin a line with {clause[1]}"
    if own.startswith(("WHERE ", "HAVING ")) and _CONDITION.search(_BETWEEN.sub("", own)):
        yield "one condition a line"


def _outside(line: str) -> str:
    """The part of a line that is in no brackets, neither in closed ones nor in one that the line leaves open."""
    while (inner := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", line)) != line:
        line = inner
    return re.split(r"[(\[]", line)[0]
