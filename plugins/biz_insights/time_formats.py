"""Time formats of the source files: the setting `source_date_format`, and the formats that would fit a text.

A format is `iso` or a template such as `MM/DD/YYYY HH:MI AM`, written like PostgreSQL's. PostgreSQL's own
`to_timestamp` is not used: it reads 31 February as 3 March and ignores text after the pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

ISO = "iso"

_OFFSET = r"(?: ?(?P<offset>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?))?"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ELEMENTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short_year>[0-9]{2})",
    "MON": rf"(?P<month>{_MONTHS})",
    "MM": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{1,2})",
    "HH24": r"(?P<hour>[0-9]{1,2})",
    "HH12": r"(?P<hour>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{1,2})",
    "MI": r"(?P<minute>[0-9]{2})",
    "SS": r"(?P<second>[0-9]{2}(?:\.[0-9]{1,9})?)",
    "AM": r"(?P<half>AM|PM)",
    "PM": r"(?P<half>AM|PM)",
}
"""Elements of a template, longer names first. MM, DD and hours may lack the leading zero. YY means 2000 to 2099. HH
means HH12 in a template with AM, otherwise HH24."""

_TOKEN = re.compile("|".join(_ELEMENTS) + r"|[-/.,: ]|T", re.IGNORECASE)
_INFINITY = re.compile(r"[+-]?infinity", re.IGNORECASE)
_ISO_PATTERN = (
    r"[0-9]{4,6}-[0-9]{2}-[0-9]{2}"
    rf"(?:[ T](?P<hour>[0-9]{{2}}):[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?{_OFFSET})?(?: (?:AD|BC))?"
)


class TimeFormatError(ValueError):
    """The value of the setting is not a time format."""


@dataclass(frozen=True)
class TimeFormat:
    """A format of times.

    Attributes:
        name: value of the setting.
        pattern: matches a whole text of this format. The group `hour` matches if the text has a time of day, the group
            `offset` if it has an offset from UTC.
        iso_parts: replacement for `regexp_replace` that makes an ISO text from the groups `\\1`, `\\2`, …; None for
            texts that PostgreSQL reads without a change.
    """

    name: str
    pattern: re.Pattern[str]
    iso_parts: str | None = None

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of the whole text, or None when it does not have this format."""
        return self.pattern.fullmatch(text)

    def accepts(self, text: str) -> bool:
        """Return whether the whole text has this format. `infinity` is accepted too: databases write it for no end."""
        return bool(self.match(text) or _INFINITY.fullmatch(text))

    def sql(self, text: str) -> str:
        """Return SQL that turns the SQL expression `text` into a text which PostgreSQL reads in one way only."""
        if self.iso_parts is None:
            return text
        # PostgreSQL has no named groups: it numbers them.
        pattern = re.sub(r"\?P<\w+>", "", self.pattern.pattern)
        return f"regexp_replace({text}, '^(?:{pattern})$', '{self.iso_parts}', 'i')"


def time_format(setting: str) -> TimeFormat:
    """Return the format that a value of `source_date_format` describes.

    Raises:
        TimeFormatError: the template has an unknown, repeated or missing element.
    """
    if setting.strip().lower() == ISO:
        return TimeFormat(ISO, re.compile(_ISO_PATTERN, re.IGNORECASE))
    tokens = _tokens(setting.strip())
    groups = [_ELEMENTS[token].partition("<")[2].partition(">")[0] for token in tokens if token in _ELEMENTS]
    _require_a_date(setting, tokens, groups)
    pattern = "".join(_element_pattern(tokens, number) for number in range(len(tokens)))
    has_time = "hour" in groups
    if has_time:
        pattern += _OFFSET
    place = {name: f"\\{number + 1}" for number, name in enumerate([*groups, *(["offset"] if has_time else [])])}
    year = place.get("year") or f"20{place['short_year']}"
    parts = f"{year}-{place['month']}-{place['day']}"
    if has_time:
        parts += f" {place['hour']}:{place['minute']}"
        parts += f":{place['second']}" if "second" in place else ""
        parts += f" {place['half']}" if "half" in place else ""
        parts += f" {place['offset']}"
    return TimeFormat(setting.strip(), re.compile(pattern, re.IGNORECASE), parts)


def _tokens(template: str) -> list[str]:
    tokens, position = [], 0
    while position < len(template):
        found = _TOKEN.match(template, position)
        if not found:
            raise TimeFormatError(
                f"{template!r} has {template[position:]!r}, which is not an element of a date format; "
                f"use iso, or a template of {', '.join(_ELEMENTS)} such as MM/DD/YYYY HH24:MI"
            )
        tokens.append(found[0].upper() if found[0].upper() in _ELEMENTS else found[0])
        position = found.end()
    return tokens


def _require_a_date(template: str, tokens: list[str], groups: list[str]) -> None:
    if twice := next((name for name in groups if groups.count(name) > 1), None):
        raise TimeFormatError(f"{template!r} names the {twice.replace('_', ' ')} twice; remove one of them")
    if missing := {"month", "day"} - set(groups) or ({"year"} if not {"year", "short_year"} & set(groups) else set()):
        raise TimeFormatError(
            f"{template!r} lacks the {sorted(missing)[0]}; use iso, or a template such as MM/DD/YYYY HH24:MI"
        )
    if {"year", "short_year"} <= set(groups):
        raise TimeFormatError(f"{template!r} names the year twice; remove one of them")
    if ("hour" in groups) != ("minute" in groups) or ("second" in groups and "hour" not in groups):
        raise TimeFormatError(f"{template!r} has only a part of a time; write it as HH24:MI or HH24:MI:SS")
    if ("half" in groups and ("hour" not in groups or "HH24" in tokens)) or ("HH12" in tokens and "half" not in groups):
        raise TimeFormatError(f"{template!r} mixes hour formats; write HH12 with AM, or HH24 without it")


def _element_pattern(tokens: list[str], number: int) -> str:
    token = tokens[number]
    if token not in _ELEMENTS:
        return re.escape(token)
    pattern = _ELEMENTS[token]
    neighbours = tokens[max(number - 1, 0) : number] + tokens[number + 1 : number + 2]
    # Without a separator an element must have two digits, or its end is unclear.
    return pattern.replace("{1,2}", "{2}") if set(neighbours) & set(_ELEMENTS) else pattern


def readings(text: str) -> dict[str, str]:
    """Return the formats that a text could have: `source_date_format` → the date in words, for existing dates only.

    Recognises day, month and year in any order with one separator, and eight digits. Empty for any other text.
    """
    found = {f"{template}{_time_template(text)}": day for template, day in _dates(text)}
    return {
        template: f"{day.day} {day:%B} {day.year}"
        for template, day in found.items()
        if time_format(template).accepts(text)
    }


def _dates(text: str) -> list[tuple[str, date]]:
    if whole := re.match(r"([0-9]{8})(?![0-9])", text):
        digits = whole[1]
        orders = [("YYYYMMDD", digits[:4], digits[4:6], digits[6:])]
        orders += [("DDMMYYYY", digits[4:], digits[2:4], digits[:2]), ("MMDDYYYY", digits[4:], digits[:2], digits[2:4])]
    elif first := re.match(r"([0-9]{4})([-/. ])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])", text):
        orders = [(f"YYYY{first[2]}MM{first[2]}DD", first[1], first[3], first[4])]
    elif last := re.match(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![0-9])", text):
        mark, short = last[2], len(last[4]) == 2
        year, written = (f"20{last[4]}", "YY") if short else (last[4], "YYYY")
        orders = [(f"DD{mark}MM{mark}{written}", year, last[3], last[1])]
        orders += [(f"MM{mark}DD{mark}{written}", year, last[1], last[3])]
        if short:
            orders += [(f"YY{mark}MM{mark}DD", f"20{last[1]}", last[3], last[4])]
    elif named := re.match(rf"([0-9]{{1,2}})([-/. ])({_MONTHS})\2([0-9]{{4}})(?![0-9])", text, re.IGNORECASE):
        month = str(_MONTHS.split("|").index(named[3].title()) + 1)
        orders = [(f"DD{named[2]}Mon{named[2]}YYYY", named[4], month, named[1])]
    else:
        return []
    found = []
    for template, year, month, day in orders:
        try:
            found.append((template, date(int(year), int(month), int(day))))
        except ValueError:
            continue
    return found


def _time_template(text: str) -> str:
    found = re.search(r"([ T])[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(?:\.[0-9]+)?( ?)(AM|PM)?", text, re.IGNORECASE)
    if not found:
        return ""
    hour = "HH12" if found[4] else "HH24"
    return f"{found[1]}{hour}:MI{':SS' if found[2] else ''}{f'{found[3]}AM' if found[4] else ''}"
