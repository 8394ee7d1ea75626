"""A file's first line: which columns go where, what is said of a wrong one."""

import pytest

from biz_insights.errors import PermanentError
from biz_insights.source.csv_files.header import Header, read_header
from biz_schema.source_tables import ORDER_ITEMS, SOURCE_TABLES, SOURCE_TABLES_BY_NAME

OPTION_COLUMNS = tuple(SOURCE_TABLES_BY_NAME["order_item_options"].file_columns)
OPTIONS = ",".join(name.upper() for name in OPTION_COLUMNS)
ITEMS = ",".join(name.upper() for name in ORDER_ITEMS.file_columns)
OPTIONAL = {name: column for name, column in ORDER_ITEMS.file_columns.items() if column.without_column}
ROW = "\no1,l1,Size,Large,1.50,1\n"


def header(text: str | bytes, table: str = "order_item_options") -> Header:
    start = text if isinstance(text, bytes) else text.encode()
    return read_header(f"s3://source/incoming/{table}.csv", table, start)


def test_a_header_in_any_case_and_order_is_taken_in_the_file_s_order():
    assert header(OPTIONS + ROW) == Header(OPTION_COLUMNS, ",", 1, 0, ())
    shuffled = "lineitem_id,Order_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY"
    assert header(shuffled + ROW).columns[:2] == ("lineitem_id", "order_id")


@pytest.mark.parametrize(
    "written",
    [
        '"ORDER_ID","LINEITEM_ID","OPTION_GROUP_NAME","OPTION_NAME","OPTION_PRICE","OPTION_QUANTITY"',
        "Order ID,Lineitem Id,option-group-name, OPTION NAME ,OptionPrice,Option_Quantity",
        '"ORDER\nID",LINEITEM_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY',
    ],
)
def test_names_are_compared_without_quotes_case_and_separators(written):
    found = header(written + ROW)
    assert found.columns == OPTION_COLUMNS
    assert found.lines == 1 + written.count("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_and_a_byte_order_mark_are_accepted(end):
    text = b"\xef\xbb\xbf" + (OPTIONS + ROW).replace("\n", end).encode()
    assert header(text) == Header(OPTION_COLUMNS, ",", 1, 0, ())


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")])
def test_the_delimiter_is_the_one_that_gives_the_columns(delimiter, word):
    found = header((OPTIONS + ROW).replace(",", delimiter))
    assert found.delimiter == delimiter
    assert found.columns == OPTION_COLUMNS
    assert found.notes == (f"order_item_options.csv is read with the delimiter {word}, as its first line is written",)


def test_columns_that_are_not_used_are_named():
    found = header(OPTIONS.replace(",", ",TIP,", 1) + ",Server Name" + ROW)
    assert found.columns == ("order_id", None, *OPTION_COLUMNS[1:], None)
    assert found.notes == ("order_item_options.csv has columns that are not used: TIP, Server Name",)


def test_an_index_column_of_pandas_is_named():
    found = header("," + OPTIONS + ROW)
    assert found.columns == (None, *OPTION_COLUMNS)
    assert "first column without a name" in found.notes[0]
    assert "index=False" in found.notes[0]


def test_a_trailing_delimiter_is_named():
    found = header(OPTIONS + ",," + ROW)
    assert (len(found.columns), found.unnamed_tail) == (8, 2)
    assert [note.partition(":")[0] for note in found.notes] == [
        "order_item_options.csv has a header that ends with a delimiter"
    ]


@pytest.mark.parametrize("column", OPTIONAL)
def test_an_optional_column_may_be_missing_with_a_note(column):
    names = [name.upper() for name in ORDER_ITEMS.file_columns if name != column]
    found = header(",".join(names), "order_items")
    assert column not in found.columns
    assert found.notes == (f"order_items.csv has no column {column.upper()}: {OPTIONAL[column].without_column}",)


@pytest.mark.parametrize("table", SOURCE_TABLES, ids=lambda table: table.name)
def test_a_required_column_may_not_be_missing(table):
    for column in table.required_file_columns:
        names = [name.upper() for name in table.file_columns if name != column]
        with pytest.raises(PermanentError, match=f"lacks column {column.upper()};"):
            header(",".join(names), table.name)


def test_the_required_columns_of_orders_are_few():
    assert ORDER_ITEMS.required_file_columns == (
        "creation_time_utc", "order_id", "item_name", "item_price", "item_quantity",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (OPTIONS.replace(",OPTION_PRICE", "") + ROW, "lacks column OPTION_PRICE"),
        (OPTIONS.replace(",", ":") + ROW, "separated by comma, semicolon, tab or |"),
        (OPTIONS + ",x" * 1600 + ROW, "has 1,606 columns, of which 6 are used"),
        (OPTIONS + ",Order Id" + ROW, "ORDER_ID twice"),
        ("o1,l1,Size,Large,1.50,1" + ROW, "names none of its columns"),
        (OPTIONS.encode("utf-16"), "is UTF-16"),
        (OPTIONS.encode("utf-16-le"), "UTF-16"),
        (OPTIONS.encode("utf-16-be"), "UTF-16"),
        ((OPTIONS + ",Größe" + ROW).encode("latin-1"), "line 1 is not UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook"),
        (b"\x1f\x8b\x08\x00", "is compressed with gzip"),
        ("\n" + OPTIONS + ROW, "begins with a blank line"),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_line_that_names_it(start, says):
    with pytest.raises(PermanentError) as error:
        header(start)
    assert says in str(error.value)
    assert str(error.value).startswith("s3://source/incoming/order_item_options.csv")
    assert "\n" not in str(error.value)


def test_a_cut_inside_a_character_after_the_header_does_not_matter():
    assert header((OPTIONS + "\no1,l1,Crème").encode()[:-4]).columns == OPTION_COLUMNS
