"""truth.json and truth_customers.csv against the files they describe."""

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest


@pytest.fixture(params=["tiny", "discounted"])
def source(request):
    return request.getfixturevalue(request.param)


def test_counts_are_those_of_the_files(source):
    counts = source.truth["counts"]
    assert counts["lines"] == len(source.items)
    assert counts["option_rows"] == len(source.options)
    assert counts["orders"] == len({row["ORDER_ID"] for row in source.items})
    assert counts["guest_lines"] == sum(not row["USER_ID"] for row in source.items)
    assert counts["loyalty_lines"] == sum(row["IS_LOYALTY"] == "TRUE" for row in source.items)
    assert counts["lines_by_app"] == Counter(row["APP_NAME"] for row in source.items)
    assert source.truth["stores"]["lines"] == {
        store: sum(row["RESTAURANT_ID"] == store for row in source.items) for store in source.truth["stores"]["opened"]
    }


def test_net_sales_by_the_projects_definition(source):
    accepted = [row for row in source.items if row["LINEITEM_ID"] and "DEVELOPMENT" not in row["APP_NAME"]]
    keys = {(row["ORDER_ID"], row["LINEITEM_ID"]) for row in accepted}
    options = [Decimal(r["OPTION_PRICE"]) for r in source.options if (r["ORDER_ID"], r["LINEITEM_ID"]) in keys]
    gross = sum(Decimal(row["ITEM_PRICE"]) for row in accepted) + sum(price for price in options if price > 0)
    totals = source.truth["totals"]
    assert totals["accepted_non_test_lines"] == len(accepted)
    assert Decimal(totals["gross_sales"]) == gross
    assert Decimal(totals["net_sales"]) == gross + sum(price for price in options if price < 0)
    whole = sum(Decimal(row["ITEM_PRICE"]) for row in source.items)
    assert Decimal(totals["all_lines_item_price_sum"]) == whole
    assert Decimal(totals["all_lines_price_times_quantity"]) > 2 * whole


def test_the_parameters_of_the_process_are_there(tiny):
    process = tiny.truth["process"]
    assert process["model"] == "MBG/NBD"
    assert all(process[name] > 0 for name in ("r", "alpha", "a", "b"))
    assert process["loyalty_rate_effect"] > 1 and process["loyalty_lines_effect"] > 1
    assert tiny.truth["settings"] == {"scale": 0.01, "seed": 20240218, "negative_options": False}
    assert tiny.truth["calendar"]["last_complete_day"] == "2024-02-17"


def _orders_by_user(source):
    zone = ZoneInfo("America/Chicago")
    orders = defaultdict(dict)
    for row in source.items:
        day = datetime.fromisoformat(row["CREATION_TIME_UTC"]).astimezone(zone).date()
        orders[row["USER_ID"]][row["ORDER_ID"]] = (str(day), row["IS_LOYALTY"] == "TRUE")
    return orders


def test_every_user_is_described_as_observed(small):
    orders = _orders_by_user(small)
    del orders[""]
    described = {row["user_id"]: row for row in small.customers}
    assert set(described) == set(orders) and len(described) == len(small.customers)
    for user, row in described.items():
        if row["origin"] == "tester":
            continue
        days = sorted({day for day, _ in orders[user].values()})
        assert (row["first_date"], row["last_active_date"]) == (days[0], days[-1]), user
        assert int(row["active_days"]) == len(days) and int(row["orders"]) == len(orders[user])
        loyal = [day for day, flag in orders[user].values() if flag]
        assert row["loyalty_join_date"] == (min(loyal) if loyal else "")
        assert (row["alive"] == "TRUE") == (row["dropout_date"] == "")
        assert row["dropout_date"] in ("", days[-1])


def test_customers_differ_as_the_process_says(small):
    process = small.truth["process"]
    people = [row for row in small.customers if row["origin"] == "process"]
    rates = [float(row["lambda"]) for row in people]
    dropout = [float(row["dropout_probability"]) for row in people]
    assert sum(rates) / len(rates) == pytest.approx(process["r"] / process["alpha"], rel=0.15)
    expected = process["a"] / (process["a"] + process["b"])
    assert sum(dropout) / len(dropout) == pytest.approx(expected, rel=0.1)
    baskets = sorted(float(row["mean_basket"]) for row in people)
    assert baskets[len(baskets) * 9 // 10] > 1.6 * baskets[len(baskets) // 10]


def test_one_house_account_and_the_testers(small):
    origins = Counter(row["origin"] for row in small.customers)
    assert origins["house_account"] == 1 and origins["tester"] == 6
    assert set(origins) <= {"process", "dual_channel", "house_account", "tester"}
