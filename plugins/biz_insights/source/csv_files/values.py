"""How the text of a field becomes a value of its column's type, and the message for a text that is not a value.

Each type accepts a stated set of texts. They are checked before PostgreSQL casts them, because its own casts guess
(dates) or round (quantities). Blanks around a value are ignored; a blank field is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from biz_insights.time_formats import ISO, TimeFormat, readings
from biz_schema.source_tables import Kind, SourceColumn

BLANKS = " \t\r\n\u00a0"
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|nan|[+-]?inf(inity)?", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+(\.0*)?")
_OTHER_DATE = re.compile(r"[0-9]{1,2}([/.])[0-9]{1,2}\1[0-9]{2,4}|[0-9]{1,2}-(1[3-9]|[2-9][0-9])-[0-9]{4}")
"""A calendar's date in another order than DD-MM-YYYY, or in an order that is not certain."""
_TRUTH = re.compile(r"t(rue)?|f(alse)?|y(es)?|no?|on|off|[01]", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """How the texts of a typed column are read.

    Attributes:
        sql_type: type of the column.
        shape: digits that `accepts` treats alike, and the digit that stands for them. Texts of one shape are accepted
            or refused together, and a column has few shapes.
        accepts: whether a text, or its shape, is a value.
        reason: the message for a text that is not a value, with the next step.
        text: from a field's trimmed text to the text that is cast, both in SQL.
    """

    sql_type: str
    shape: tuple[str, str]
    accepts: Callable[[str], bool]
    reason: Callable[[str], str]
    text: Callable[[str], str] = str

    def shape_sql(self, field: str) -> str:
        """Return SQL for the shape of a field's text."""
        digits, stand_in = self.shape
        return f"translate({field}, '{digits}', '{stand_in * len(digits)}')"

    def text_sql(self, field: str) -> str:
        """Return SQL for the text that is cast."""
        return self.text(f"nullif(btrim({field}, E' \\t\\r\\n\\u00a0'), '')")

    def value_sql(self, field: str, shapes: Collection[str]) -> str:
        """Return SQL for the value; it trims only if one of the column's `shapes` has blanks, which is rare."""
        is_trimmed = all(shape and shape == shape.strip(BLANKS) for shape in shapes)
        return f"({self.text(field) if is_trimmed else self.text_sql(field)})::{self.sql_type}"


def reading(column: SourceColumn, times: TimeFormat) -> Reading | None:
    """Return how a column is read; None for text that is taken as it is."""
    sql_type = column.database_type
    if column.kind is Kind.DATE_KEY:
        return Reading(sql_type, ("", ""), lambda text: not _OTHER_DATE.fullmatch(text), date_key_reason, _day_first)
    if sql_type == "TIMESTAMPTZ":
        return Reading(sql_type, ("123456789", "0"), times.accepts, lambda text: time_reason(text, times), times.sql)
    if sql_type == "INTEGER":
        # 9.0 is a whole number and 9.9 is not, so zeros have a shape of their own.
        return Reading(sql_type, ("12345678", "9"), _is(_WHOLE_NUMBER), whole_number_reason, _without_decimals)
    if sql_type == "NUMERIC":
        return Reading(sql_type, ("123456789", "0"), _is(_NUMBER), number_reason)
    if sql_type == "BOOLEAN":
        return Reading(sql_type, ("", ""), _is(_TRUTH), lambda _: "is not TRUE or FALSE; write one of them")
    return None


def _without_decimals(text: str) -> str:
    return f"split_part({text}, '.', 1)"


def _day_first(text: str) -> str:
    return (
        f"regexp_replace({text}, '^([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})([ T]00:00(:00(\\.0+)?)?)?$', '\\3-\\2-\\1')"
    )


def _is(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: bool(pattern.fullmatch(text))


def time_reason(text: str, times: TimeFormat) -> str:
    """Return why a text is not a time of the format, what it could mean, and the setting that decides."""
    if times.name != ISO:
        return f"is not a time of the setting source_date_format={times.name}"
    possible = readings(text)
    if not possible:
        zone = re.search(r"[0-9] ?((?!AM|PM)[A-Z]{2,5}|[A-Za-z]+/[A-Za-z_/]+)$", text)
        if zone:
            return f"names the time zone {zone[1]}, which is not read; write the offset from UTC, such as -06:00"
        return (
            "is not a time such as 2019-03-08 17:30:00 or 2019-03-08T17:30:00Z; "
            "write it so, or state the format of the file in the setting source_date_format"
        )
    formats = " or ".join(f"source_date_format={name}" for name in possible)
    if len(set(possible.values())) == 1:
        return f"is not an ISO date; if it means {next(iter(possible.values()))}, set {formats}"
    means = " or ".join(f"{day} ({name})" for name, day in possible.items())
    return f"can mean {means}; set {formats}, or write the file's dates as 2019-03-08"


def date_key_reason(text: str) -> str:
    """Return why a text is not a `date_key`. The format is fixed: a wrong day would move a holiday."""
    means = " or ".join(dict.fromkeys(readings(text).values()))
    return f"is not written DD-MM-YYYY or YYYY-MM-DD{f' (it can mean {means})' if means else ''}; write all dates so"


def whole_number_reason(text: str) -> str:
    """Return why a text is not a whole number."""
    if _NUMBER.fullmatch(text):
        return "is not a whole number; the column takes 2 or 2.0"
    return number_reason(text).replace("a number", "a whole number")


def number_reason(text: str) -> str:
    """Return why a text is not a number, as far as its form shows."""
    plain = "write the plain number, such as 1234.50"
    if re.search(r"[^\W\d_]{3}|[$€£¥₹]", text) and re.search(r"[0-9]", text):
        return f"is not a number: it has a currency sign or a word; {plain}"
    if re.fullmatch(r"[+-]?[0-9]{1,3}([,' \u00a0\u202f][0-9]{3})+(\.[0-9]*)?", text):
        return f"is not a number: it has thousands separators; {plain}"
    if re.fullmatch(r"[+-]?[0-9.]*,[0-9]+", text):
        return f"is not a number: it has a decimal comma; {plain}"
    if re.fullmatch(r"\(.*\)|[0-9.,]+-", text):
        return "is not a number: write a negative number as -1234.50"
    return f"is not a number; {plain}"
