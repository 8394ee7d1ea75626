"""Files as people have them, through the tasks of the load DAG into the endpoint's PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from biz_insights import settings as settings_module
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.csv_files import validation

BUCKET = "business-insights-source"
PREFIX = "incoming/"
ITEMS_HEADER = (
    "APP_NAME,RESTAURANT_ID,CREATION_TIME_UTC,ORDER_ID,USER_ID,PRINTED_CARD_NUMBER,IS_LOYALTY,CURRENCY,"
    "LINEITEM_ID,ITEM_CATEGORY,ITEM_NAME,ITEM_PRICE,ITEM_QUANTITY"
)
ITEMS = (
    f"{ITEMS_HEADER}\n"
    "App,s1,2024-01-01T18:00:00Z,o1,u1,,FALSE,USD,l1,Breakfast,Egg,5.99,1\n"
    "App,s1,2024-01-02T18:00:00Z,o2,u2,,TRUE,USD,l1,Breakfast,Café,4,2\n"
)
OPTIONS_HEADER = "ORDER_ID,LINEITEM_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY"
OPTIONS = f"{OPTIONS_HEADER}\no1,l1,Size,Large,0.5,1\n"
DATES_HEADER = "date_key,year,month,week,day_of_week,is_weekend,is_holiday,holiday_name"
DATES = f"{DATES_HEADER}\n01-01-2024,2024,January,1,Monday,FALSE,TRUE,New Year's Day\n"


@dataclass
class Source:
    """The source bucket, and the database behind it."""

    s3: Any
    database: psycopg.Connection
    patch: pytest.MonkeyPatch

    def put(self, table: str, body: str | bytes) -> None:
        self.s3.put_object(
            Bucket=BUCKET, Key=f"{PREFIX}{table}.csv", Body=body.encode() if isinstance(body, str) else body
        )

    def remove(self, table: str) -> None:
        self.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}{table}.csv")

    def load(self, force: bool = False, **settings: str) -> dict[str, Any]:
        """Both tasks of the DAG, as it calls them; returns rows and notes."""
        import load_source_database as dag

        self.patch.setattr(settings_module, "load_settings", lambda: Settings(**settings))
        params = {"prefix": PREFIX, "force": force}
        return dag.import_files.function(dag.check_files.function(params), params)

    def rows(self, columns: str, table: str = "order_items") -> list[tuple[Any, ...]]:
        return self.database.execute(f"SELECT {columns} FROM public.{table} ORDER BY id").fetchall()


@pytest.fixture
def source(aws: Callable[[str], Any], database: psycopg.Connection, monkeypatch) -> Iterator[Source]:
    """A good set of files in the bucket, nothing in the database."""
    found = Source(aws("s3"), database, monkeypatch)
    files = {"order_items": ITEMS, "order_item_options": OPTIONS, "date_dim": DATES}
    for table, body in files.items():
        found.put(table, body)
    yield found
    for table in files:
        found.remove(table)


@pytest.fixture
def refused(source: Source) -> Callable[..., str]:
    """Load a file that is to be refused: one line that names the file, and the tables as they were."""

    def load(body: str | bytes, *says: str, table: str = "order_items", **settings: str) -> str:
        good = {"order_items": ITEMS, "order_item_options": OPTIONS, "date_dim": DATES}[table]
        source.put(table, good)
        source.load(force=True)
        before = source.rows("*", table)
        source.put(table, body)
        with pytest.raises(PermanentError) as error:
            source.load(force=True, **settings)
        text = str(error.value)
        assert text.startswith(f"s3://{BUCKET}/{PREFIX}{table}.csv"), text
        assert "\n" not in text
        for words in says:
            assert words in text, text
        assert source.rows("*", table) == before
        return text

    return load


def times(*texts: str) -> str:
    """A file with one order for each time."""
    rows = [f"App,s1,{text},o{number},,,,USD,l1,,Egg,5.99,1" for number, text in enumerate(texts, 1)]
    return "\n".join([ITEMS_HEADER, *rows, ""])


def prices(price: str, quantity: str = "1") -> str:
    return f"{ITEMS}App,s1,2024-01-03T18:00:00Z,o3,u1,,FALSE,USD,l1,,Egg,{price},{quantity}\n"


# The ordinary file


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


# Dates


@pytest.mark.parametrize(
    "text", ["03/08/2019", "3-8-2019", "03.08.2019 17:30", "03-08-2019 17:30:00", "03/08/2019 5:30 PM"]
)
def test_a_date_that_reads_two_ways_is_not_guessed(refused, text):
    said = refused(times("2024-01-01", text), "line 3 column CREATION_TIME_UTC", repr(text), "source_date_format=")
    assert "3 August 2019" in said
    assert "8 March 2019" in said


@pytest.mark.parametrize("text", ["25/08/2019", "20190308", "2019/03/08", "08-Mar-2019"])
def test_a_date_that_reads_one_way_is_not_guessed_either(refused, text):
    refused(times(text), "line 2 column CREATION_TIME_UTC", repr(text), "set source_date_format=")


@pytest.mark.parametrize("text", ["now", "today", "1552066200", "yesterday", "2019-03-08 17:30:00 trailing"])
def test_what_postgresql_alone_would_read_or_nobody_can_is_refused(refused, text):
    refused(times(text), "line 2 column CREATION_TIME_UTC", repr(text))


def test_a_zone_by_name_is_not_guessed(refused):
    refused(times("2019-03-08 17:30:00 CST"), "line 2", "time zone CST", "offset from UTC, such as -06:00")


@pytest.mark.parametrize("text", ["2019-02-30", "2019-03-08 25:00:00", "0000-00-00 00:00:00", "300000-01-01"])
def test_a_date_that_does_not_exist_is_refused(refused, text):
    refused(times("2024-01-01", text), "line 3 column CREATION_TIME_UTC", text, "out of range")


def test_postgresql_s_hint_is_told(refused):
    refused(times("2019-13-01"), "line 2 column CREATION_TIME_UTC", "PostgreSQL's hint: Perhaps you need a different")


@pytest.mark.parametrize(
    ("setting", "text", "moment"),
    [
        ("MM/DD/YYYY HH24:MI", "03/08/2019 17:30", datetime(2019, 3, 8, 17, 30)),
        ("DD/MM/YYYY HH24:MI", "03/08/2019 17:30", datetime(2019, 8, 3, 17, 30)),
        ("DD.MM.YYYY HH24:MI:SS", "3.8.2019 9:05:07.25", datetime(2019, 8, 3, 9, 5, 7, 250000)),
        ("MM/DD/YYYY HH12:MI AM", "3/8/2019 12:05 am", datetime(2019, 3, 8, 0, 5)),
        ("DD-Mon-YYYY", "08-Mar-2019", datetime(2019, 3, 8)),
        ("MM/DD/YY", "03/08/19", datetime(2019, 3, 8)),
        ("YYYYMMDD", "20190308", datetime(2019, 3, 8)),
        ("MM/DD/YYYY HH24:MI", "03/08/2019 17:30 +02:00", datetime(2019, 3, 8, 15, 30)),
    ],
)
def test_a_stated_format_decides(source, setting, text, moment):
    source.put("order_items", times(text))
    source.load(source_date_format=setting)
    assert source.rows("creation_time_utc") == [(moment.replace(tzinfo=UTC),)]


@pytest.mark.parametrize("text", ["25/08/2019", "2019-03-08", "03/08/2019 17:30", "03/08/19", "02/30/2019"])
def test_a_stated_format_is_strict(refused, text):
    refused(times("03/08/2019", text), "line 3 column CREATION_TIME_UTC", text, source_date_format="MM/DD/YYYY")


def test_two_digit_years_need_a_format_that_says_so(refused):
    refused(times("03/08/19"), "line 2", "MM/DD/YY", "8 March 2019")
    refused(times("03/08/19"), "line 2", source_date_format="MM/DD/YYYY")


def test_times_that_the_database_holds_are_left_to_silver(source):
    texts = ["infinity", "-infinity", "0044-03-15 10:00:00 BC", "20190-03-08 10:00:00+00"]
    source.put("order_items", times(*texts))
    source.load()
    assert source.rows("creation_time_utc::text") == [
        ("infinity",), ("-infinity",), ("0044-03-15 10:00:00+00 BC",), ("20190-03-08 10:00:00+00",),
    ]  # fmt: skip
    source.put("order_items", times("infinity", "03/08/2019"))
    source.load(source_date_format="MM/DD/YYYY")
    assert source.rows("creation_time_utc::text")[0] == ("infinity",)


@pytest.mark.parametrize("text", ["07-25-2024", "03/08/2024", "3.8.2024", "07/25/24"])
def test_a_calendar_s_date_is_not_guessed(refused, text):
    body = f"{DATES}{text},2024,July,1,Monday,FALSE,FALSE,\n"
    refused(body, f"line 3 column DATE_KEY: '{text}' is not written DD-MM-YYYY", table="date_dim")


def test_a_calendar_may_be_written_in_iso_dates(source):
    source.put(
        "date_dim", "date_key,is_holiday\n2024-07-04,TRUE\n2024-07-05 00:00:00,FALSE\n06-07-2024,FALSE\n?,FALSE\n"
    )
    source.load()
    assert source.rows("date_key", "date_dim") == [("04-07-2024",), ("05-07-2024",), ("06-07-2024",), ("?",)]


# Time zones


def test_a_local_time_is_of_the_stated_zone_and_an_offset_wins(source):
    source.put("order_items", times("2024-07-01 12:00:00", "2024-07-01 12:00:00Z", "2024-07-01T12:00:00+02:00"))
    notes = source.load(source_timezone="America/Chicago")["notes"]
    hours = [moment.astimezone(UTC).hour for (moment,) in source.rows("creation_time_utc")]
    assert hours == [17, 12, 10]
    assert notes == [
        "order_items.csv has times in CREATION_TIME_UTC without an offset: they are read as America/Chicago"
    ]


def test_without_a_stated_zone_a_local_time_is_utc(source):
    source.put("order_items", times("2024-07-01 12:00:00", "2024-07-02"))
    notes = source.load()["notes"]
    assert [moment.astimezone(UTC).hour for (moment,) in source.rows("creation_time_utc")] == [12, 0]
    assert [note.rpartition(": ")[2] for note in notes] == ["they are read as UTC", "they are read as midnight"]


def test_times_around_a_change_of_clocks_follow_the_stated_rule(source):
    source.put("order_items", times("2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-11-03 12:00:00"))
    notes = source.load(source_timezone="America/Chicago")["notes"]
    assert [moment.astimezone(UTC) for (moment,) in source.rows("creation_time_utc")] == [
        datetime(2024, 3, 10, 8, 30, tzinfo=UTC),
        datetime(2024, 11, 3, 7, 30, tzinfo=UTC),
        datetime(2024, 11, 3, 18, 0, tzinfo=UTC),
    ]
    skipped, twice = notes[1:]
    assert "do not exist in America/Chicago" in skipped and skipped.endswith(": 1")
    assert "occur twice in America/Chicago" in twice and twice.endswith(": 1")


# Layout


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


# Lines in messages


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


# Numbers


@pytest.mark.parametrize(("text", "value"), [("1.0", 1), ("2.00", 2), ("3.", 3), (" 4 ", 4), ("-2", -2), ("-1.0", -1)])
def test_a_whole_number_may_have_a_point(source, text, value):
    source.put("order_items", prices("5.99", text))
    source.load()
    assert source.rows("item_quantity")[2] == (value,)


@pytest.mark.parametrize("text", ["1.5", "0.5", "1.05", "2e0"])
def test_a_fraction_is_no_quantity(refused, text):
    refused(prices("5.99", text), f"line 4 column ITEM_QUANTITY: '{text}' is not a whole number")


@pytest.mark.parametrize("text", ["99999999999", "-3000000000.0"])
def test_a_quantity_beyond_the_database_s_range_is_refused(refused, text):
    refused(prices("5.99", text), f"line 4 column ITEM_QUANTITY: '{text}'", "out of range")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$5.99", "currency sign"),
        ("5.99 USD", "currency sign"),
        ("€5", "currency sign"),
        ('"1,234.56"', "thousands separators"),
        ("1 234.56", "thousands separators"),
        ('"5,99"', "decimal comma"),
        ("(5.99)", "-1234.50"),
        ("5.99-", "-1234.50"),
        ("five", "is not a number"),
    ],
)
def test_a_price_in_dress_is_refused_with_a_hint(refused, text, reason):
    refused(prices(text), "line 4 column ITEM_PRICE", reason, text.strip('"'))


@pytest.mark.parametrize("text", ["-5.99", "+5.99", ".5", "5.", "0", "1e2", "NaN"])
def test_prices_that_the_database_holds_are_left_to_silver(source, text):
    source.put("order_items", prices(text))
    source.load()
    assert source.rows("item_price")[2][0] is not None


def test_a_flag_that_is_neither_true_nor_false_is_refused(refused):
    refused(ITEMS.replace("TRUE", "maybe"), "line 3 column IS_LOYALTY: 'maybe'", "write one of them")


# What may be missing


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


def test_a_zone_that_the_database_does_not_know_is_told(source, monkeypatch):
    monkeypatch.setattr(settings_module, "require_region", lambda name: None)
    with pytest.raises(PermanentError, match="source_timezone: the database does not know the time zone 'Mars/Base'"):
        source.load(source_timezone="Mars/Base")


def test_a_column_is_judged_whole_or_refused(source, monkeypatch):
    monkeypatch.setattr(validation, "MOST_SHAPES", 2)
    source.put("order_items", times("2024-01-01", "2024-01-01 10:00", "03/08/2019"))
    with pytest.raises(PermanentError, match="column CREATION_TIME_UTC is written in 2 ways or more"):
        source.load()
