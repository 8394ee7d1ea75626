import math
import random
import statistics

import pytest

from tests.dags.gold.harness import Lake, Row, line, pick
from tests.dags.gold.item_days import item_day_lake, simulated_item_days, weeks_of

TABLE = "mart_pricing_and_discounts"


def test_attach_rate_and_its_interval() -> None:
    lake = Lake([line(f"o{i}", 10, options=1.5 if i < 3 else 0) for i in range(10)])
    row = lake.row(TABLE, "level = 'item'")
    assert pick(row, "item_key", "lines", "lines_with_paid_option", "attach_rate") == ("bagel", 10, 3, 0.3)
    # Wilson, 95 %: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    assert pick(row, "attach_rate_low", "attach_rate_high") == pytest.approx((0.1078, 0.6032), abs=5e-5)
    assert pick(row, "options_revenue", "options_revenue_per_line", "unit_price") == (4.5, 0.45, 10.0)


@pytest.mark.parametrize("level", ["chain", "store", "category", "item", "store_item"])
def test_every_level_adds_up_to_all_sales(level: str) -> None:
    lake = Lake(
        [
            line("o1", 10, options=2),
            line("o2", 5, restaurant_id="store-b", discount=1),
            line("o3", 7, item_name="Shake", item_category="Smoothies", user_id=None),
            line("o4", 700, is_test=True),
        ]
    )
    rows = lake.rows(TABLE, where=f"level = '{level}'")
    assert sum(row["net_sales"] for row in rows) == 23
    assert sum(row["lines"] for row in rows) == 3


def test_without_discounts_the_bound_is_three_over_n() -> None:
    row = Lake([line(f"o{i}") for i in range(60)]).row(TABLE, "level = 'chain'")
    assert pick(row, "discount_status", "discounted_order_share") == ("no_discounts_observed", 0.0)
    assert pick(row, "discounted_order_share_low", "discounted_order_share_high") == (0.0, 0.05)
    assert pick(row, "discounted_net_sales", "discounted_aov", "discount_depth") == (None, None, None)
    assert pick(row, "full_price_orders", "full_price_aov") == (60, 10.0)


def test_the_bound_for_few_orders_is_one() -> None:
    assert Lake([line("o1")]).row(TABLE, "level = 'chain'")["discounted_order_share_high"] == 1.0


def test_discounted_orders_compared_with_full_price_orders() -> None:
    lake = Lake(
        [
            line("o1", 20, discount=5),
            line("o2", 20),
            line("o3", 30),
            line("o4", 30),
            line("o5", 10, restaurant_id="store-b"),
        ]
    )
    chain = lake.row(TABLE, "level = 'chain'")
    assert pick(chain, "discount_status", "discounted_orders", "discounted_order_share") == (
        "discounts_observed", 1, 0.2
    )  # fmt: skip
    assert pick(chain, "discounted_order_share_low", "discounted_order_share_high") == pytest.approx(
        (0.0362, 0.6245), abs=5e-5
    )
    assert pick(chain, "discounted_aov", "discount_depth", "full_price_aov") == (15.0, 0.25, 22.5)
    status = {row["restaurant_id"]: row["discount_status"] for row in lake.rows(TABLE, where="level = 'store'")}
    assert status == {"store-a": "discounts_observed", "store-b": "no_discounts_observed"}


def test_items_have_the_status_not_counted_by_item() -> None:
    row = Lake([line("o1", 10, discount=2)]).row(TABLE, "level = 'item'")
    assert pick(row, "discount_status", "discounted_orders", "discount_amount") == ("not_counted_by_item", None, 2)


def test_intervals_of_both_means_and_of_their_difference() -> None:
    rng = random.Random(7)
    discounted = [rng.randrange(1000, 3000) / 100 for _ in range(40)]
    full = [rng.randrange(500, 2500) / 100 for _ in range(200)]
    lines = [line(f"d{i}", value + 2, f"2024-01-{1 + i % 20:02}", discount=2) for i, value in enumerate(discounted)]
    lines += [line(f"f{i}", value, f"2024-01-{1 + i % 28:02}") for i, value in enumerate(full)]
    # An order of two lines counts once, with the sum of both.
    lines += [line("two", 4, day="2024-01-03"), line("two", 6, day="2024-01-03", lineitem_id="two-2")]
    row = Lake(lines).row(TABLE, "level = 'chain'")
    full.append(10.0)
    low, high = {}, {}
    for kind, values in (("discounted", discounted), ("full_price", full)):
        half = 1.96 * statistics.stdev(values) / len(values) ** 0.5
        low[kind], high[kind] = statistics.mean(values) - half, statistics.mean(values) + half
        assert pick(row, f"{kind}_aov_low", f"{kind}_aov", f"{kind}_aov_high") == pytest.approx(
            (low[kind], statistics.mean(values), high[kind])
        )
    difference = statistics.mean(discounted) - statistics.mean(full)
    half = 1.96 * (statistics.variance(discounted) / 40 + statistics.variance(full) / 201) ** 0.5
    assert pick(row, "aov_difference", "aov_difference_low", "aov_difference_high") == pytest.approx(
        (difference, difference - half, difference + half)
    )
    assert row["aov_difference_status"] == "estimated"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([line(f"o{i}", 10) for i in range(50)], "no_discounts_observed"),
        ([line(f"o{i}", 10, discount=int(i < 29)) for i in range(80)], "insufficient_data"),
        ([line(f"o{i}", 10, discount=1) for i in range(80)], "insufficient_data"),
    ],
)
def test_means_that_cannot_be_compared_have_a_status(lines: list[Row], status: str) -> None:
    row = Lake(lines).row(TABLE, "level = 'chain'")
    assert pick(row, "aov_difference", "aov_difference_low", "aov_difference_high", "aov_difference_status") == (
        None, None, None, status
    )  # fmt: skip


ELASTICITY = ("elasticity_low", "elasticity", "elasticity_high", "elasticity_status")


@pytest.mark.parametrize("truth", [-1.2, 0.0])
def test_the_interval_contains_the_known_elasticity(truth: float) -> None:
    lake = item_day_lake(simulated_item_days(11, truth))
    chain = lake.row(TABLE, "level = 'chain'")
    low, estimate, high, status = pick(chain, *ELASTICITY)
    assert status == "estimated" and chain["elasticity_events"] >= 140
    assert low < truth < high
    assert low < estimate < high and high - low < 0.8
    for category in lake.rows(TABLE, where="level = 'category' AND elasticity_events >= 100"):
        assert category["elasticity_low"] < truth < category["elasticity_high"]
    assert -0.02 < chain["mean_price_change"] < 0.05


def test_growth_does_not_bias_the_elasticity() -> None:
    """The items sell little, the sales of the chain double in a year, and prices only rise."""
    lake = item_day_lake(simulated_item_days(3, -1.2, daily_units=0.12, yearly_growth=1.0, raises_only=True, weeks=130))
    low, estimate, high, status = pick(lake.row(TABLE, "level = 'chain'"), *ELASTICITY)
    assert status == "estimated"
    assert low < -1.2 < high and abs(estimate + 1.2) < 0.8


def test_each_currency_has_its_own_elasticity() -> None:
    lake = item_day_lake(simulated_item_days(4, -1.2), simulated_item_days(5, 0.0, currency="CAD"))
    chain = {row["currency"]: row for row in lake.rows(TABLE, where="level = 'chain'")}
    assert chain["USD"]["elasticity_high"] < -0.5 < chain["CAD"]["elasticity_low"]


def test_a_source_without_price_changes_has_a_status() -> None:
    lake = item_day_lake(simulated_item_days(6, -1.2, changes=0, weeks=40))
    chain = lake.row(TABLE, "level = 'chain'")
    assert pick(chain, "price_changes", "last_price_change_week", "elasticity_events", "mean_price_change") == (
        0, None, 0, None
    )  # fmt: skip
    assert pick(chain, *ELASTICITY) == (None, None, None, "insufficient_variation")


def lasting_raises(events: int, stores: int, weeks_after: int) -> Lake:
    """Return price increases of 10 %, each of another item, which then sells in some weeks of the window only."""
    prices = [5.0] * 20 + [5.5] * (1 + weeks_after) + [None] * (13 - weeks_after) + [5.5] * 7
    changed = [weeks_of(f"item-{i}", prices, 10 + i % 5, store=f"store-{i % stores}") for i in range(events)]
    return item_day_lake(*changed, *[weeks_of("soup", [4.0] * 41, store=f"store-{store}") for store in range(stores)])


@pytest.mark.parametrize(
    ("events", "stores", "status"),
    [(100, 12, "estimated"), (99, 12, "insufficient_variation"), (120, 9, "insufficient_variation")],
)
def test_below_a_hundred_events_or_ten_groups_there_is_no_elasticity(events: int, stores: int, status: str) -> None:
    chain = lasting_raises(events, stores, weeks_after=10).row(TABLE, "level = 'chain'")
    assert pick(chain, "price_changes", "elasticity_events", "elasticity_status") == (events, events, status)
    assert [chain[name] is None for name in ELASTICITY[:3]] == [status != "estimated"] * 3


def test_items_without_sales_after_a_change_have_no_finite_elasticity() -> None:
    gone = lasting_raises(120, 12, weeks_after=0).row(TABLE, "level = 'chain'")
    assert pick(gone, *ELASTICITY) == (None, None, None, "not_identified")
    # Sales in three of thirteen weeks remain after an increase of 10 %: ln(3 / 13) / ln 1.1.
    some = lasting_raises(120, 12, weeks_after=3).row(TABLE, "level = 'chain'")
    assert some["elasticity"] == pytest.approx(math.log(3 / 13) / math.log(1.1), abs=0.001)


def test_price_changes_are_counted_on_every_level() -> None:
    lake = item_day_lake(
        weeks_of("wrap", [5.0] * 30 + [5.5] * 30),
        weeks_of("wrap", [5.0] * 40 + [5.5] * 20, store="store-b"),
        weeks_of("soup", [4.0] * 60),
    )
    counts = {
        (row["level"], row["restaurant_id"], row["item_key"]): pick(row, "price_changes", "elasticity_status")
        for row in lake.rows(TABLE)
    }
    not_here = "not_estimated_at_this_level"
    assert counts == {
        ("chain", "all", "all"): (2, "insufficient_variation"),
        ("category", "all", "all"): (2, "insufficient_variation"),
        ("store", "store-a", "all"): (1, not_here),
        ("store", "store-b", "all"): (1, not_here),
        ("item", "all", "wrap"): (2, not_here),
        ("item", "all", "soup"): (0, not_here),
        ("store_item", "store-a", "wrap"): (1, not_here),
        ("store_item", "store-a", "soup"): (0, not_here),
        ("store_item", "store-b", "wrap"): (1, not_here),
    }


@pytest.mark.parametrize(
    "lines",
    [
        [line("o1", user_id=None), line("o2", user_id=None)],
        [line("o1", 0), line("o2", -7, options=1), line("o3", 0, discount=3)],
        [line("o1", 10), line("o2", 10, currency="CAD"), line("o1", 5, currency="CAD", lineitem_id="l2")],
        [line("o1", 10, restaurant_id="store-a"), line("o1", 5, restaurant_id="store-b", lineitem_id="l2")],
        [line("o1", 10, "1969-12-31"), line("o2", 10, "2199-01-01")],
    ],
)
def test_odd_input_gives_rows_with_a_status(lines: list[Row]) -> None:
    rows = Lake(lines).rows(TABLE)
    assert {row["level"] for row in rows} == {"chain", "store", "category", "item", "store_item"}
    statuses = ("discount_status", "aov_difference_status", "elasticity_status")
    assert all(None not in pick(row, *statuses) for row in rows)
