"""Labels of stores, items and everything else with a name, for the dashboards and the daily report.

A name is shown whole. Only an id is shortened, to as many of its last letters as distinguish it from the others. Two
different things never have the same label. Names that look the same but differ (by a space or a hidden character) are
shown with these characters written out. Labels that are still the same get a number. The same set of keys always has
the same labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

K = TypeVar("K")
Name = TypeVar("Name", bound=str | None)

ID_LETTERS = 6
"""How many of the last letters of an id are shown, if they distinguish it from the others."""

AXIS_WIDTH = 32
"""The most characters of a label on the axis of a chart. The middle of a longer label is left out."""

AXIS_STEPS = (AXIS_WIDTH, 40, 48)
"""Widths to try, one after the other, as long as two shortened labels are the same."""

NO_NAME = "(no name)"
EMPTY_NAME = "(empty name)"
NO_VALUE = "(not given)"
ELLIPSIS = "…"

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")
_TOKEN = re.compile(r"[A-Za-z0-9]{20,}")
_LONG_NUMBER = 13
_TOKEN_DIGIT_RUNS = 3

_JOINERS = ("\u200c", "\u200d")
_ZERO_WIDTH_JOINER, _FIRST_ISOLATE, _END_ISOLATE = "\u200d", "\u2068", "\u2069"


def is_id(text: str) -> bool:
    """Return whether a text is an id that people do not read as a name.

    Ids are: an object id or digest in hexadecimal, a UUID, a number with 13 digits or more, and 20 or more letters and
    digits in a row with digits in three places. Any other text is a name.
    """
    if _UUID.fullmatch(text) or _OBJECT_ID.fullmatch(text):
        return True
    if _NUMBER.fullmatch(text):
        return len(text) >= _LONG_NUMBER
    return bool(_TOKEN.fullmatch(text)) and len(_NUMBER.findall(text)) >= _TOKEN_DIGIT_RUNS


def clean(name: str | None) -> str:
    """Return the name on one line: single spaces, no invisible characters, none that change the text direction."""
    if name is None:
        return NO_VALUE
    seen = "".join(
        " " if _is_space(letter) else letter for i, letter in enumerate(name) if not _is_hidden(letter, name, i)
    )
    return unicodedata.normalize("NFC", " ".join(seen.split())) or NO_NAME


def spelled(name: str | None) -> str:
    """Return the name with the characters that `clean` hides written out: spaces as `␣`, others as `⟨U+202E⟩`."""
    if not name:
        return NO_VALUE if name is None else EMPTY_NAME
    composed = unicodedata.is_normalized("NFC", name)

    def written(letter: str, i: int) -> str:
        if letter == " ":
            return "␣"
        unseen = _is_space(letter) or _is_hidden(letter, name, i)
        return f"⟨U+{ord(letter):04X}⟩" if unseen or (not composed and unicodedata.combining(letter)) else letter

    return "".join(written(letter, i) for i, letter in enumerate(name))


def unique(candidates: Mapping[K, Sequence[str]]) -> dict[K, str]:
    """Return a different label for each key: the first of its candidates that no other key has.

    Args:
        candidates: key → its possible labels, the best first. Each label has visible characters.
    """
    tried = dict.fromkeys(candidates, 0)
    while True:
        labels = {key: possible[tried[key]] for key, possible in candidates.items()}
        movable = [key for keys in _sharing(labels) for key in _most_left(keys, candidates, tried)]
        if not movable:
            return _numbered(labels)
        for key in movable:
            tried[key] += 1


def names(values: Iterable[Name]) -> dict[Name, str]:
    """Return the labels of categories, channels, segments and similar values: their names."""
    return unique({name: _ways_to_write(name) for name in values})


def _ways_to_write(name: str | None) -> list[str]:
    """Return the name, and for a name with hidden characters also the form with them written out.

    A name without such characters has one form only, so it never changes because of another name.
    """
    return list(dict.fromkeys((clean(name), spelled(name)))) if clean(name) != name else [name]


def stores(restaurant_ids: Iterable[str]) -> dict[str, str]:
    """Return the labels of stores: the name, or for an id or a number `Store 05a990` or `Store 12`."""
    return dict(_stores(tuple(dict.fromkeys(restaurant_ids))))


@lru_cache(maxsize=16)
def _stores(restaurant_ids: tuple[str, ...]) -> Mapping[str, str]:
    return unique({store: _store_labels(store) for store in restaurant_ids})


def _store_labels(store: str) -> list[str]:
    if is_id(store):
        return [f"Store {end}" for end in ends(store, ID_LETTERS)]
    if _NUMBER.fullmatch(store):
        return [f"Store {store}", f"Store id {store}", f"Store with the id {store}"]
    return _ways_to_write(store)


def ends(text: str, letters: int) -> list[str]:
    """Return the last letters of an id: first `letters` of them, then one more each time."""
    return [text[-length:] for length in range(min(letters, len(text)), len(text) + 1)]


def items(pairs: Iterable[tuple[str | None, str | None]]) -> dict[tuple[str | None, str | None], str]:
    """Return the labels of items, by name and category: the name, and the category if two items have the same name."""
    return unique(
        {
            (name, category): (
                clean(name),
                f"{clean(name)} ({clean(category)})",
                f"{_ways_to_write(name)[-1]} ({_ways_to_write(category)[-1]})",
            )
            for name, category in pairs
        }
    )


def distinct(labels: Sequence[str]) -> list[str]:
    """Return the labels in their order, with numbers for repeated ones, so that rows of a chart never share a place."""
    return list(_numbered(dict(enumerate(labels))).values())


def elided(labels: Sequence[str]) -> list[str]:
    """Return labels for the axis of a chart: long ones without their middle, and no two the same."""
    found = unique({label: [elide(label, width) for width in AXIS_STEPS] for label in labels})
    return [found[label] for label in labels]


def elide(label: str, width: int = AXIS_WIDTH) -> str:
    """Shorten a label to at most `width` visible characters: `A very long name` → `A ve…name`."""
    letters = _characters(label)
    if len(letters) <= width:
        return label
    front = width // 2
    back = width - front - 1
    return "".join(letters[:front]).rstrip() + ELLIPSIS + "".join(letters[-back:]).lstrip()


def isolated(label: str) -> str:
    """Return the label for use in a sentence: a label written from right to left keeps its words in their places."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in label):
        return f"{_FIRST_ISOLATE}{label}{_END_ISOLATE}"
    return label


def _sharing(labels: Mapping[K, str]) -> list[list[K]]:
    """Return the groups of keys that have the same label."""
    by_label: defaultdict[str, list[K]] = defaultdict(list)
    for key, label in labels.items():
        by_label[label].append(key)
    return [keys for keys in by_label.values() if len(keys) > 1]


def _most_left(keys: Sequence[K], candidates: Mapping[K, Sequence[str]], tried: Mapping[K, int]) -> list[K]:
    """Return the keys of a group that take their next candidate: ids, which have more candidates, before names."""
    left = {key: len(candidates[key]) - 1 - tried[key] for key in keys}
    most = max(left.values())
    return [key for key in keys if left[key] == most] if most else []


def _numbered(labels: Mapping[K, str]) -> dict[K, str]:
    """Return the labels. Of equal labels each after the first, in the order of their keys, gets a number."""
    found = dict(labels)
    taken = set(labels.values())
    for keys in _sharing(labels):
        number = 1
        for key in sorted(keys, key=_order)[1:]:
            while (label := f"{labels[key]} ({(number := number + 1)})") in taken:
                pass
            found[key] = label
            taken.add(label)
    return found


def _order(key: object) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, repr(key))


def _is_space(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Zs")


def _is_hidden(letter: str, name: str, i: int) -> bool:
    """Return whether a letter is a hidden format character. A joiner is not hidden between letters that it joins."""
    if letter in _JOINERS:
        return not all(beside and not beside.isascii() for beside in (name[max(i - 1, 0) : i], name[i + 1 : i + 2]))
    return unicodedata.category(letter) in ("Cf", "Cs")


def _characters(text: str) -> list[str]:
    """Split a text into visible characters: a letter with its accents, an emoji with its parts."""
    found: list[str] = []
    for letter in text:
        joins = (
            unicodedata.category(letter) in ("Mn", "Me", "Mc")
            or letter == _ZERO_WIDTH_JOINER
            or "\U0001f3fb" <= letter <= "\U0001f3ff"
            or (found and found[-1].endswith(_ZERO_WIDTH_JOINER))
        )
        if joins and found:
            found[-1] += letter
        else:
            found.append(letter)
    return found
