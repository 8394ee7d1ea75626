"""Date patterns of Joda and replacement strings of Java, translated into DuckDB's."""

from __future__ import annotations

import re

from mwaa.local_aws.athena.athena_errors import AthenaQueryError

_JODA = {
    "yyyy": "%Y", "YYYY": "%Y", "xxxx": "%G", "yy": "%y", "y": "%Y", "Y": "%Y",
    "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "DDD": "%j",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSSSSS": "%f", "SSS": "%g", "EEEE": "%A", "EEE": "%a", "EE": "%a", "E": "%a", "e": "%u", "ww": "%V",
    "a": "%p", "Z": "%z", "ZZ": "%z",
}  # fmt: skip
_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


def joda_to_strftime(pattern: str) -> str:
    """Translate `yyyy-MM-dd'T'HH:mm` into `%Y-%m-%dT%H:%M`.

    Raises:
        AthenaQueryError: a field has no equivalent.
    """
    parts: list[str] = []
    for token in _JODA_TOKEN.finditer(pattern):
        text = token.group(0)
        if text.startswith("'"):
            parts.append((token.group(1) or "'").replace("''", "'").replace("%", "%%"))
        elif not text[0].isalpha():
            parts.append(text.replace("%", "%%"))
        elif text in _JODA:
            parts.append(_JODA[text])
        else:
            raise AthenaQueryError.unsupported(f"date format field '{text}' in '{pattern}'")
    return "".join(parts)


def java_replacement_to_re2(replacement: str) -> str:
    r"""Translate references to groups, `$1-$2`, into DuckDB's `\1-\2`."""
    return re.sub(r"\$(\d)", r"\\\1", replacement)
