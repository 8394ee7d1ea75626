from decimal import Decimal

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_item_sales_by_day"


def test_spellings_of_an_item_are_added_up_under_the_latest() -> None:
    lake = Lake(
        [
            line("o1", 10, item_name="Bagel Deluxe", hour=8, options=1, item_quantity=3),
            line("o2", 12, item_name="BAGEL deluxe", hour=9, discount=0.5),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "item_key", "item_name", "lines", "items") == ("bagel deluxe", "BAGEL deluxe", 2, 4)
    assert pick(row, "item_amount", "options_revenue", "discount_amount", "net_sales") == (
        Decimal("22"), Decimal("1"), Decimal("0.5"), Decimal("22.5")
    )  # fmt: skip
    assert row["lines_with_paid_option"] == 1


def test_the_latest_spelling_does_not_depend_on_row_ids() -> None:
    for numbers in ((1, 2, 3), (3, 2, 1)):
        early, latest, late = numbers
        lines = [
            line("o1", item_name="bagel", hour=8, source_id=early),
            line("o2", item_name="Bagel", hour=9, source_id=late),
            line("o3", item_name="BAGEL", hour=9, source_id=latest),
        ]
        assert Lake(lines).row(TABLE)["item_name"] == "BAGEL"


def test_category_orders_add_up_to_the_orders_of_the_category() -> None:
    lake = Lake(
        [
            line("o1", item_name="Bagel", hour=8),
            line("o1", item_name="Wrap", hour=9, lineitem_id="o1-2"),
            line("o1", item_name="Shake", item_category="Smoothies", hour=9, lineitem_id="o1-3"),
            line("o2", item_name="Wrap"),
        ]
    )
    found = {row["item_key"]: row["category_orders"] for row in lake.rows(TABLE)}
    assert found == {"bagel": 1, "wrap": 1, "shake": 1}


def test_the_same_name_in_two_categories_is_two_items() -> None:
    lake = Lake([line("o1"), line("o2", item_category="Lunch")])
    found = {pick(row, "item_category", "item_key", "item_name") for row in lake.rows(TABLE)}
    assert found == {("Breakfast", "bagel", "Bagel"), ("Lunch", "bagel", "Bagel")}


def test_test_channels_are_left_out() -> None:
    assert Lake([line("o1", is_test=True)]).rows(TABLE) == []
