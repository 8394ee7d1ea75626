"""Labels: whole names, ids as short as possible, and never the same label for two things."""

from __future__ import annotations

import random
import string

import pytest

from biz_insights import labels

OBJECT_ID = "63bc98a7519adc105105a990"


def test_names_with_the_same_end_are_shown_whole():
    assert labels.stores(["North Carolina", "South Carolina"]) == {
        "North Carolina": "North Carolina",
        "South Carolina": "South Carolina",
    }


@pytest.mark.parametrize(
    ("text", "opaque"),
    [
        (OBJECT_ID, True),
        (OBJECT_ID.upper(), True),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", True),
        ("6ba7b8109dad11d180b400c04fd430c8", True),
        ("20240117000000012345", True),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", True),
        ("North Carolina", False),
        ("Springfield Main Street", False),
        ("the-old-mill-restaurant-2", False),
        ("TheOldMillRestaurantAndBakery", False),
        ("restaurant20240117annex", False),
        ("123456789012", False),
        ("store-a", False),
        ("deadbeef", False),
        ("", False),
    ],
)
def test_an_id_is_recognised_by_its_form(text, opaque):
    assert labels.is_id(text) is opaque


def test_an_id_is_as_long_as_needed_to_distinguish_it():
    near, far = "0" * 17 + "1" + "a5a990", "0" * 17 + "2" + "a5a990"
    found = labels.stores([OBJECT_ID, near, far])
    assert found == {OBJECT_ID: "Store 05a990", near: "Store 1a5a990", far: "Store 2a5a990"}


def test_numbers_are_shown_whole_and_change_when_a_name_is_the_same():
    assert labels.stores(["1", "10", "100"]) == {"1": "Store 1", "10": "Store 10", "100": "Store 100"}
    assert labels.stores(["1", "Store 1"]) == {"1": "Store id 1", "Store 1": "Store 1"}
    assert labels.stores([OBJECT_ID, "Store 05a990"])["Store 05a990"] == "Store 05a990"


@pytest.mark.parametrize(
    ("alike", "shown"),
    [
        (["Main St", "Main  St"], ["Main St", "Main␣␣St"]),
        (["Main St", "Main St "], ["Main St", "Main␣St␣"]),
        (["Main St", "Main\nSt"], ["Main St", "Main⟨U+000A⟩St"]),
        (["Main St", "Main\u200b St"], ["Main St", "Main⟨U+200B⟩␣St"]),
        (["Main St", "MAIN ST"], ["Main St", "MAIN ST"]),
        (["Café", "Cafe\u0301"], ["Café", "Cafe⟨U+0301⟩"]),
        (["Cafe", "Cafe\u202e"], ["Cafe", "Cafe⟨U+202E⟩"]),
        (["", " ", "\t"], ["(empty name)", "␣", "⟨U+0009⟩"]),
        (["(no name)", ""], ["(no name)", "(empty name)"]),
        ([None, ""], ["(not given)", "(no name)"]),
    ],
)
def test_hidden_characters_of_names_that_look_the_same_are_written_out(alike, shown):
    assert list(labels.names(alike).values()) == shown


def test_a_name_is_shown_unchanged_on_one_line():
    names = ["<b>Bold</b> & Co", "$5 to $10", "מסעדה בצפון", "Café 👩‍🍳", "x" * 200]
    assert labels.names(names) == {name: name for name in names}
    assert labels.clean("  Hot \n\t drinks\u2028now ") == "Hot drinks now"


def test_the_same_set_has_the_same_labels_in_any_order():
    stores = [OBJECT_ID, "0" * 18 + "05a990", "1", "Store 1", "A  B", "A B", " A B"]
    shuffled = random.Random(3).sample(stores, len(stores))
    assert labels.stores(stores) == labels.stores(shuffled)


def test_two_things_never_have_the_same_label():
    letters = random.Random(7)
    alphabet = " aA\u200b\n(2)ab␣"
    names = {"".join(letters.choices(alphabet, k=letters.randint(0, 5))) for _ in range(3000)}
    ids = {"".join(letters.choices(string.hexdigits.lower()[:2], k=24)) for _ in range(1000)}
    for found in (labels.stores([*names, *ids]), labels.names(names)):
        assert len(set(found.values())) == len(found)


def test_items_with_the_same_name_show_their_category():
    pairs = [("Tea", "Hot"), ("Tea", "Cold"), ("Bagel", "Breakfast"), ("A (B)", "C"), ("A", "B) (C")]
    assert labels.items(pairs) == {
        ("Tea", "Hot"): "Tea (Hot)",
        ("Tea", "Cold"): "Tea (Cold)",
        ("Bagel", "Breakfast"): "Bagel",
        ("A (B)", "C"): "A (B)",
        ("A", "B) (C"): "A",
    }
    assert labels.items([("Tea ", "Hot"), ("Tea", "Hot")]) == {
        ("Tea ", "Hot"): "Tea␣ (Hot)",
        ("Tea", "Hot"): "Tea (Hot)",
    }


def test_long_labels_lose_their_middle_on_an_axis_and_stay_different():
    east, west = (f"{'Greater ' * 24}Springfield {side}" for side in ("East", "West"))
    assert labels.elided([east, west, "Short"]) == [
        "Greater Greater…pringfield East",
        "Greater Greater…pringfield West",
        "Short",
    ]
    middle = [f"{'x' * 100}{letter}{'y' * 100}" for letter in "abc"]
    found = labels.elided(middle)
    assert len(set(found)) == 3
    assert all(len(label) <= labels.AXIS_STEPS[-1] + 4 for label in found)


def test_a_visible_character_is_never_split():
    family = "👨‍👩‍👧‍👦"
    shown = labels.elide(family * 60)
    assert shown.replace("…", "").replace(family, "") == ""


def test_a_right_to_left_label_does_not_change_the_order_of_a_sentence():
    assert labels.isolated("Main St") == "Main St"
    assert labels.isolated("מסעדה") == "\u2068מסעדה\u2069"


def test_repeated_labels_are_numbered():
    assert labels.distinct(["a", "b", "a", "a (2)"]) == ["a", "b", "a (3)", "a (2)"]
