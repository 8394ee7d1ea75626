"""Encodings, line ends, delimiters and quotes of a file, and the lines that messages name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.plugins.source.csv_files.sample_files import ITEMS, ITEMS_HEADER


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends(source, mark, end):
    source.put("order_items", mark + ITEMS.replace("\n", end).encode())
    source.load()
    assert source.rows("order_id, item_name, item_quantity") == [("o1", "Egg", 1), ("o2", "Café", 2)]


def test_line_ends_of_several_kinds_in_one_file(source):
    lines = ITEMS.splitlines()
    source.put("order_items", f"{lines[0]}\r\n{lines[1]}\n{lines[2]}\r")
    assert source.load()["rows"]["order_items"] == 2


def test_the_last_line_needs_no_end(source):
    source.put("order_items", ITEMS.rstrip("\n"))
    assert source.load()["rows"]["order_items"] == 2


@pytest.mark.parametrize("blank", ["\n\n", "   \n", ",,,,,,,,,,,,\n", '"",,,,,,,,,,,,\n'])
def test_empty_rows_are_ignored_with_a_note(source, blank):
    lines = ITEMS.splitlines(keepends=True)
    source.put("order_items", "".join([*lines[:2], blank, lines[2], blank]))
    found = source.load()
    assert found["rows"]["order_items"] == 2
    assert found["notes"] == [f"order_items.csv has empty rows, which are ignored: {2 * blank.count(chr(10))}"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters(source, delimiter):
    source.put("order_items", ITEMS.replace(",", delimiter))
    found = source.load()
    assert source.rows("order_id, item_price") == [("o1", Decimal("5.99")), ("o2", Decimal(4))]
    assert "is read with the delimiter" in found["notes"][0]


def test_an_index_column_and_extra_columns_are_ignored_with_a_note(source):
    lines = ITEMS.splitlines()
    rows = [f",{lines[0]},TIP", f"0,{lines[1]},1.50", f"1,{lines[2]},"]
    source.put("order_items", "\n".join(rows))
    found = source.load()
    assert source.rows("app_name, item_quantity") == [("App", 1), ("App", 2)]
    assert [note.partition(":")[0] for note in found["notes"]] == [
        "order_items.csv has a first column without a name",
        "order_items.csv has columns that are not used",
    ]


@pytest.mark.parametrize(("of_header", "of_rows"), [(",", ","), (",", ""), ("", ","), (",,,", ",")])
def test_trailing_delimiters_are_tolerated(source, of_header, of_rows):
    header, *rows = ITEMS.splitlines()
    source.put("order_items", "\n".join([header + of_header, *(row + of_rows for row in rows)]))
    source.load()
    assert source.rows("order_id, item_quantity") == [("o1", 1), ("o2", 2)]


def test_a_text_in_a_field_without_a_name_is_refused(refused):
    header, first, second = ITEMS.splitlines()
    refused("\n".join([header + ",", first + ",", second + ",x"]), "line 3", "a field that the header does not name")


def test_quoted_empty_numbers_and_blank_ones_are_null(source):
    source.put("order_items", ITEMS + 'App,"s1",2024-01-03,o3,"","",""," USD ","l1","","Egg",""," "\n')
    source.load()
    assert source.rows("item_price, item_quantity, is_loyalty, user_id")[2] == (None, None, None, None)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_is_right_although_texts_hold_line_breaks(refused, end):
    header, first, second = ITEMS.splitlines()
    broken = first.replace("Egg", f'"Egg{end}with{end}bread"')
    bad = second.replace("2024-01-02", "02/01/2024")
    refused(end.join([header, broken, first, broken, bad]), "line 9 column CREATION_TIME_UTC")


@pytest.mark.parametrize("change", [lambda row: row.rpartition(",")[0], lambda row: row.replace("Egg", "Egg, fried")])
def test_a_ragged_row_is_refused_with_what_was_expected(refused, change):
    header, first, second = ITEMS.splitlines()
    broken = first.replace("Egg", '"Egg\nwith bread"')
    said = refused("\n".join([header, broken, change(first), second, ""]), "line 4 has", "the header names 13")
    assert "12 fields" in said or "14 fields" in said


def test_an_unclosed_quote_is_found_where_it_opens(refused):
    header, first, second = ITEMS.splitlines()
    refused("\n".join([header, first, second.replace("Café", '"Café'), first, ""]), "line 3: a quote is opened")
    closed_in_another_column = [header, first.replace("Egg", '12" sub'), second, first.replace("Breakfast", '"B'), ""]
    refused("\n".join(closed_in_another_column), "line 2 opens a quote", "closed on line 4")


def test_a_quote_inside_a_text_does_not_swallow_rows(refused):
    header, first, second = ITEMS.splitlines()
    inches = first.replace("Egg", '12" sub')
    refused(
        "\n".join([header, second, inches, second, inches, second, ""]),
        "line 3 opens a quote inside",
        "closed on line 5",
    )


def test_a_quoted_text_may_hold_line_breaks_and_many_delimiters(source):
    text = "Egg, ham,\ncheese, tea, jam, " + "toast, " * 12
    source.put("order_items", ITEMS.replace("Egg", f'"{text}"'))
    source.load()
    assert source.rows("item_name") == [(text,), ("Café",)]


def test_bytes_that_are_not_utf8_are_refused_with_the_line(refused):
    lines = ITEMS.splitlines(keepends=True)
    body = "".join(lines[:2]).encode() + lines[2].encode("latin-1")
    refused(body, "line 3 is not UTF-8 at", "Café", "0xe9")


def test_zero_bytes_are_refused_with_the_line(refused):
    refused(ITEMS.replace("o2", "o\0002").encode(), "line 3 holds a zero byte")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty (0 bytes)"),
        (ITEMS.encode("utf-16"), "is UTF-16"),
        (b"PK\x03\x04\x14\x00\x06\x00" + b"\0" * 100, "is an Excel workbook"),
        (ITEMS_HEADER.encode(), "has a header and no rows"),
        (f"{ITEMS_HEADER}\n\n,,,,,,,,,,,,\n".encode(), "has a header and no rows"),
    ],
)
def test_what_holds_no_orders_is_refused(refused, body, says):
    refused(body, says)
