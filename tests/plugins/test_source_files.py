"""Source files: what a wrong header says."""

import pytest

from biz_insights.errors import PermanentError
from biz_insights.source_db import TABLES
from biz_insights.source_files import check_header

OPTIONS = ",".join(name.upper() for name in TABLES["order_item_options"])
ROW = "\no1,l1,Size,Large,1.50,1\n"


def check(text: str | bytes) -> tuple[str, ...]:
    start = text if isinstance(text, bytes) else text.encode()
    return check_header("s3://source/order_item_options.csv", "order_item_options", start)


def test_a_header_in_any_case_and_order_is_taken_in_the_file_s_order():
    assert check(OPTIONS + ROW) == tuple(TABLES["order_item_options"])
    shuffled = "lineitem_id,Order_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY"
    assert check(shuffled + ROW)[:2] == ("lineitem_id", "order_id")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (OPTIONS.replace(",OPTION_PRICE", "") + ROW, "lacks column OPTION_PRICE"),
        (OPTIONS + ",TIP" + ROW, "unknown column 'tip'"),
        (OPTIONS + ",ORDER_ID" + ROW, "ORDER_ID twice"),
        ("o1,l1,Size,Large,1.50,1" + ROW, "lacks column ORDER_ID"),
        (b"\xef\xbb\xbf" + (OPTIONS + ROW).encode(), "byte order mark"),
        (OPTIONS.encode("utf-16"), "not UTF-8"),
        (OPTIONS + "\n", "no rows"),
        (OPTIONS, "no rows"),
    ],
)
def test_a_wrong_header_is_refused_in_one_line_that_names_the_file(start, says):
    with pytest.raises(PermanentError) as error:
        check(start)
    assert says in str(error.value)
    assert str(error.value).startswith("s3://source/order_item_options.csv")
    assert "\n" not in str(error.value)
