"""The load of ordinary files, and of files that lack a table or a column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from biz_insights.errors import PermanentError
from tests.plugins.source.csv_files.sample_files import DATES_HEADER, ITEMS, OPTIONS_HEADER, times


def test_the_ordinary_files_load_without_a_note(source):
    assert source.load() == {"rows": {"order_items": 2, "order_item_options": 1, "date_dim": 1}, "notes": []}
    assert source.rows("order_id, item_name, item_price, item_quantity, is_loyalty") == [
        ("o1", "Egg", Decimal("5.99"), 1, False),
        ("o2", "Café", Decimal(4), 2, True),
    ]


def test_the_identity_follows_the_file_s_order(source):
    source.put("order_items", times(*(f"2024-01-{30 - day:02d}" for day in range(30))))
    source.load()
    assert source.rows("id, order_id") == [(number, f"o{number}") for number in range(1, 31)]


def test_files_are_loaded_again_when_they_or_their_reading_changed(source):
    assert source.load()["rows"]
    assert source.load()["rows"] == {}
    assert source.load(source_timezone="America/Chicago")["rows"]
    assert source.load(source_timezone="America/Chicago")["rows"] == {}
    assert source.load(source_timezone="America/Chicago", force=True)["rows"]
    with pytest.raises(PermanentError, match="is not a time of the setting source_date_format=MM/DD/YYYY"):
        source.load(source_timezone="America/Chicago", source_date_format="MM/DD/YYYY")
    assert source.load()["rows"]
    source.put("order_items", ITEMS + "App,s1,2024-01-03T18:00:00Z,o3,u1,,FALSE,USD,l1,,Egg,1,1\n")
    assert source.load()["rows"]["order_items"] == 3


def test_notes_are_told_again_when_nothing_is_loaded(source):
    source.remove("date_dim")
    notes = source.load()["notes"]
    assert notes
    assert source.load() == {"rows": {}, "notes": notes}


def test_a_load_table_of_an_earlier_version_is_taken_up(source):
    source.database.execute(
        "CREATE TABLE public.source_load (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "source_table TEXT NOT NULL, file_key TEXT NOT NULL, file_etag TEXT NOT NULL, loaded_rows BIGINT NOT NULL, "
        "loaded_at TIMESTAMPTZ NOT NULL DEFAULT now())"
    )
    assert source.load()["rows"]["order_items"] == 2


def test_options_and_calendar_may_be_missing(source):
    source.load()
    source.remove("order_item_options")
    source.remove("date_dim")
    found = source.load()
    assert found["rows"] == {"order_items": 2, "order_item_options": 0, "date_dim": 0}
    assert found["notes"] == [
        "order_item_options.csv is missing: no line has an option",
        "date_dim.csv is missing: the calendar is generated, with the public holidays of holiday_country",
    ]
    assert source.rows("*", "order_item_options") == []


def test_orders_may_not_be_missing(source):
    source.remove("order_items")
    with pytest.raises(PermanentError, match=r"order_items\.csv is missing; upload"):
        source.load()


@pytest.mark.parametrize(("table", "header"), [("order_item_options", OPTIONS_HEADER), ("date_dim", DATES_HEADER)])
def test_options_and_calendar_may_have_a_header_only(source, table, header):
    source.put(table, header)
    found = source.load()
    assert found["rows"][table] == 0
    assert found["notes"] == [f"{table}.csv has a header and no rows: the table is empty"]


FLAT = """order_id,creation_time_utc,item_name,item_price,item_quantity
o1,2024-01-01 12:00,Egg,1.50,1
o1,2024-01-01 12:00,Tea,2.50,2
o2,2024-01-01 13:00,Egg,1.50,1
 o1 ,2024-01-01 12:00,Cake,3.50,1
"""


def test_a_flat_file_gets_line_ids_by_the_rows_of_each_order(source):
    source.put("order_items", FLAT)
    notes = source.load()["notes"]
    ids = source.rows("btrim(order_id), item_name, lineitem_id")
    assert ids == [("o1", "Egg", "row-1"), ("o1", "Tea", "row-2"), ("o2", "Egg", "row-1"), ("o1", "Cake", "row-3")]
    assert "order_items.csv has no column LINEITEM_ID: lines are numbered within their order as the file lists them " \
        "(row-1, row-2, …)" in notes  # fmt: skip
    source.load(force=True)
    assert source.rows("btrim(order_id), item_name, lineitem_id") == ids
    header, *rows = FLAT.splitlines()
    source.put("order_items", "\n".join([header, "o0,2024-01-01 11:00,Egg,1,1", *rows, "o3,2024-01-02 11:00,Egg,1,1"]))
    source.load()
    assert source.rows("btrim(order_id), item_name, lineitem_id")[1:-1] == ids


def test_what_a_flat_file_lacks_is_null_and_noted(source):
    source.put("order_items", FLAT)
    notes = source.load()["notes"]
    assert source.rows("app_name, restaurant_id, user_id, is_loyalty, currency")[0] == (None,) * 5
    lacking = "APP_NAME, RESTAURANT_ID, CURRENCY"
    assert f"order_items.csv has no column {lacking}: it is UNKNOWN in every figure" in notes


def test_a_row_without_a_line_id_stays_without_where_the_file_has_the_column(source):
    source.put("order_items", ITEMS.replace("o2,u2,,TRUE,USD,l1", "o2,u2,,TRUE,USD,"))
    source.load()
    assert source.rows("lineitem_id") == [("l1",), (None,)]


def test_a_file_whose_line_ids_are_all_empty_is_noted(source):
    source.put("order_items", ITEMS.replace(",l1,", ",,"))
    assert "without the column lines are numbered" in source.load()["notes"][0]
