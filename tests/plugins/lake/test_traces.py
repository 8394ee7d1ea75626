"""Traces of a customer: found wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biz_insights.lake.erasure import without_names, without_quotes, without_rows
from biz_insights.lake.traces import Customer, UnreadableFileError, erased, names_customer, row_mask
from biz_schema.forgotten_customers import ForgottenCustomers, card_digest

ID = "5f84f2848a6be2ee37b12ef4"
CARD = "5566432651930484"
LIST = ForgottenCustomers("salt", (), (card_digest("salt", CARD),))
CUSTOMER = Customer(ID, "", LIST)


def parquet(**columns: list[Any]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        parquet(user_id=["x", ID]),
        parquet(user_id=[f"  {ID} "]),
        parquet(raw=['{"user_id":"' + ID + '"}']),
        parquet(samples=[[f'{{"user_id": "{ID}"}}'], []]),
        parquet(printed_card_number=[CARD]),
        parquet(raw=['{"printed_card_number":"' + CARD + '"}']),
        parquet(item_name=[f"shifted {ID}"]),
        parquet(ids=[b"x", ID.encode()]),
        f'{{"samples": ["{ID}"]}}'.encode(),
        f"user,{ID},5".encode(),
        f"<td>{ID}</td>".encode(),
        f"card {CARD}.".encode(),
    ],
)
def test_the_customer_is_found(body: bytes) -> None:
    assert names_customer(body, CUSTOMER)


@pytest.mark.parametrize(
    "body",
    [
        parquet(user_id=["x", None], printed_card_number=["4111111111111111", None], n=[1, 2]),
        parquet(item_name=[f"{ID}0"]),
        f"{ID}0".encode(),
        b"",
    ],
)
def test_nothing_else_is_found(body: bytes) -> None:
    assert not names_customer(body, CUSTOMER)


def test_a_short_id_is_looked_for_where_user_ids_are() -> None:
    customer = Customer("12")
    assert names_customer(parquet(user_id=["12"], item_quantity=["1"]), customer)
    assert not names_customer(parquet(user_id=["13"], item_quantity=["12"]), customer)
    assert names_customer(b'{"user_id": "12"}', customer)
    assert not names_customer(b'{"rows": "12"}', customer)


def test_a_channel_limits_rows_and_quoted_rows() -> None:
    customer = Customer(ID, "Quillmoor Fresh")
    table = pa.table({"app_name": ["Quillmoor  Fresh ", "Other"], "user_id": [ID, ID]})
    assert row_mask(table, customer).to_pylist() == [True, False]
    quoted = [f'{{"app_name":"{app}","user_id":"{ID}"}}' for app in ("Quillmoor Fresh", "Other")]
    assert row_mask(pa.table({"raw": quoted}), customer).to_pylist() == [True, False]


def test_an_id_with_special_characters_is_found_in_json_and_html() -> None:
    customer = Customer('o"neil & söhne')
    for body in (b'{"user_id": "o\\"neil & s\xc3\xb6hne"}', "<td>o&quot;neil &amp; söhne</td>".encode()):
        assert names_customer(body, customer)
        assert not names_customer(erased(body, customer), customer)
    assert names_customer(parquet(item_name=['an o"neil & söhne b']), customer)


def test_a_broken_file_is_an_error_and_not_a_file_without_traces() -> None:
    with pytest.raises(UnreadableFileError):
        names_customer(parquet(user_id=["x"])[:-9], CUSTOMER)


def test_documents_keep_everything_else() -> None:
    body = f'{{"user_id": "{ID}", "card": "{CARD}", "rows": 3}}'.encode()
    assert erased(body, CUSTOMER) == b'{"user_id": "erased", "card": "erased", "rows": 3}'


def test_rows_names_and_quotes_go_and_everything_else_stays() -> None:
    lines = pa.table(
        {
            "user_id": [ID, "x", None],
            "printed_card_number": [CARD, "4111", CARD],
            "email": ["a", "b", "c"],
            "n": [1, 2, 3],
        }
    )
    assert without_rows(lines, CUSTOMER).to_pylist() == lines.slice(1, 1).to_pylist()
    named = without_names(lines, CUSTOMER, ("user_id", "printed_card_number", "n"))
    assert named.to_pydict() == {
        "user_id": [None, "x", None],
        "printed_card_number": [None, "4111", None],
        "email": [None, "b", "c"],
        "n": [1, 2, 3],
    }
    assert named.schema == lines.schema
    results = pa.table({"samples": [[f"row {ID}", "other"], None], "n": [1, 2]})
    assert without_quotes(results, CUSTOMER).to_pydict() == {"samples": [["row erased", "other"], None], "n": [1, 2]}


def test_a_table_without_customers_loses_no_row() -> None:
    sales = pa.table({"item_name": [ID], "net_sales": [5]})
    assert without_rows(sales, CUSTOMER) is sales
