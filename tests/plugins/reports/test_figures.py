"""The figures of the report, computed from rows."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

import pytest

from biz_insights.reports import checks, customers, rankings
from biz_insights.reports.daily_report import compose
from biz_insights.reports.reading import Answer
from biz_insights.reports.sales import sales_figures
from tests.plugins.reports.answers import (
    AS_OF,
    back,
    checked,
    churn,
    failure,
    fortnight,
    full,
    item,
    move,
    sales_day,
    store_to_date,
    store_week,
)

NO_WEEKS = Answer()


def test_the_day_and_the_week_are_summed_to_the_cent():
    figures = sales_figures("USD", AS_OF, fortnight(), NO_WEEKS)
    assert figures is not None
    day, week = figures.day, figures.week
    assert (day.this.net_sales, day.before.net_sales) == (Decimal("100.00"), Decimal("107.77"))
    assert day.before.last == back(7)
    # 7 × 100 + 1.11 × (0 + … + 6), and 7 × 100 + 1.11 × (7 + … + 13)
    assert (week.this.net_sales, week.before.net_sales) == (Decimal("723.31"), Decimal("777.70"))
    assert (week.this.first, week.before.last) == (back(6), back(7))
    assert (week.this.orders, week.this.days) == (70, 7)
    assert week.this.aov == Decimal("723.31") / 70
    assert week.net_sales_change == pytest.approx(723.31 / 777.70 - 1)
    assert week.orders_change == 0
    assert [found.day for found in figures.days] == [back(n) for n in reversed(range(7))]


def test_refunds_are_summed_and_are_none_without_sales():
    rows = fortnight()
    rows[-1]["refund_amount"], rows[-2]["refund_amount"] = Decimal("2.50"), Decimal("0.25")
    figures = sales_figures("USD", AS_OF, rows, NO_WEEKS)
    assert figures is not None
    assert (figures.day.this.refund_amount, figures.week.this.refund_amount) == (Decimal("2.50"), Decimal("2.75"))
    silent = sales_figures("USD", AS_OF, rows[:-1], NO_WEEKS)
    assert silent is not None and silent.day.this.refund_amount is None


def test_a_ledger_row_with_missing_money_is_not_balanced():
    row = {"source_table": "order_items", "source_rows": 2, "accepted_rows": 1, "quarantined_rows": 1}
    row |= dict.fromkeys(("negative_lines_rule", "negative_lines", "negative_lines_explained"))
    money = {"source_amount": Decimal("5.00"), "accepted_amount": Decimal("4.00")}
    (sound,) = checks.ledger([row | money | {"quarantined_amount": Decimal("1.00")}])
    (short,) = checks.ledger([row | money | {"quarantined_amount": Decimal("0.99")}])
    (none,) = checks.ledger([row | dict.fromkeys(("source_amount", "accepted_amount", "quarantined_amount"))])
    assert (sound.balanced, short.balanced, none.balanced) == (True, False, True)


def test_a_day_without_sales_has_no_figures():
    rows = [row for row in fortnight() if row["period_start"] not in (AS_OF, back(7))]
    figures = sales_figures("USD", AS_OF, rows, NO_WEEKS)
    assert figures is not None
    assert (figures.today.net_sales, figures.today.aov, figures.today.status) == (None, None, "no_sales")
    assert figures.day.net_sales_change is None
    assert figures.week.this.days == 6


def test_a_period_before_the_first_day_of_data_is_not_compared():
    rows = [row | {"first_day": back(10)} for row in fortnight() if row["period_start"] >= back(10)]
    figures = sales_figures("USD", AS_OF, rows, NO_WEEKS)
    assert figures is not None
    assert figures.week.net_sales_change is None
    assert figures.day.net_sales_change == pytest.approx(100 / 107.77 - 1)


@pytest.mark.parametrize(("missing", "change"), [((8,), 0.0), ((8, 9), None), ((1, 9), None), ((1, 8), 0.0)])
def test_weeks_are_compared_on_days_with_sales_in_both(missing, change):
    """6 of 7 days are 86 %, which is enough; 5 of 7 are 71 %, which is not. A day without sales in both is left out."""
    rows = [sales_day(n, "100.00", 10) for n in reversed(range(14)) if n not in missing]
    figures = sales_figures("USD", AS_OF, rows, NO_WEEKS)
    assert figures is not None
    week = figures.week
    assert week.net_sales_change == week.orders_change == week.aov_change == change
    both = [n for n in range(7) if n not in missing and n + 7 not in missing]
    either = [n for n in range(7) if n not in missing or n + 7 not in missing]
    assert (week.coverage.compared, week.coverage.of) == (len(both), len(either))
    assert week.compared.net_sales == week.compared_before.net_sales == 100 * len(both)


def test_a_week_without_sales_has_no_figures():
    rows = [row for row in fortnight() if row["period_start"] <= back(7)]
    report = compose(AS_OF, full(sales_days=rows))
    (block,) = report.blocks
    assert block.sales is not None
    week = block.sales.week
    assert (week.this.net_sales, week.this.orders, week.this.aov, week.net_sales_change) == (None, None, None, None)
    assert "no sales in USD are published for this day; last 7 days –." in report.headline
    assert all(found.change is None for found in block.items)


def test_a_missing_amount_is_none_and_not_zero():
    rows = [sales_day(n, "1.00", 10) | {"net_sales": None} for n in range(14)]
    stores = [store_week("a", [10] * 40), store_week("b", [10] * 40) | {"net_sales": None, "net_sales_squared": None}]
    items = [item("Tea", "1.00") | {"net_sales": None, "net_sales_before": None, "all_net_sales": None}]
    report = compose(AS_OF, full(sales_days=rows, stores=stores, top_items=items))
    (block,) = report.blocks
    assert block.sales is not None
    assert (block.sales.week.this.net_sales, block.sales.week.this.orders) == (None, 70)
    assert [(store.rank, store.aov, store.aov_low) for store in block.stores][1] == (2, None, None)
    assert (block.items[0].share, block.items[0].change) == (None, None)


def test_items_are_compared_only_when_their_weeks_are():
    week = [row for row in fortnight() if row["period_start"] > back(7)]
    report = compose(AS_OF, full(sales_days=[row | {"first_day": back(6)} for row in week]))
    assert [found.change for found in report.blocks[0].items] == [None, None]
    assert compose(AS_OF, full()).blocks[0].items[0].change == pytest.approx(0.205)


def test_without_sales_in_14_days_there_are_no_figures():
    assert sales_figures("USD", AS_OF, [], NO_WEEKS) is None


def test_anomalies_are_taken_from_the_mart():
    odd = sales_day(2, "300.00", 40, anomaly_z=4.2, is_anomaly=True)
    open_ = sales_day(1, "90.00", 9, anomaly_z=None, is_anomaly=None, anomaly_status="insufficient_data")
    week = {
        "currency": "USD", "restaurant_id": "store-b", "period_start": back(10), "period_end": back(4),
        "net_sales": Decimal("50.00"), "orders": 5, "expected_net_sales": 90.0, "expected_orders": 12.0,
        "anomaly_z": -3.5, "is_anomaly": True,
    }  # fmt: skip
    figures = sales_figures("USD", AS_OF, [odd, open_], Answer((week, week | {"is_anomaly": False})))
    assert figures is not None
    assert [(day.day, day.z) for day in figures.odd_days] == [(back(2), 4.2)]
    assert figures.judged_days == 1
    assert ([found.z for found in figures.odd_weeks], figures.judged_weeks) == ([-3.5], 2)
    unread = sales_figures("USD", AS_OF, [odd], Answer(absent="mart_sales_trends is not published yet."))
    assert unread is not None and unread.judged_weeks is None


def test_items_have_a_share_and_a_change():
    found = rankings.items_of(
        "USD", [item("Bagel", "120.50", "100.00"), item("Tea", "80.00"), item("T", "1", currency="EUR")]
    )
    assert [(bagel.name, bagel.net_sales) for bagel in found] == [
        ("Bagel", Decimal("120.50")),
        ("Tea", Decimal("80.00")),
    ]
    assert found[0].share == 0.30125
    assert found[0].change == pytest.approx(0.205)
    assert found[1].change is None


def test_stores_are_ranked_and_equal_amounts_share_a_rank():
    rows = [store_week("b", [10] * 10), store_week("a", [10] * 10), store_week("c", [9] * 20)]
    assert [(store.rank, store.restaurant_id) for store in rankings.stores_of("USD", rows, [])] == [
        (1, "c"),
        (2, "a"),
        (2, "b"),
    ]


def test_the_interval_uses_the_pooled_variance():
    """40 orders of 10 or 14 (each 2 from its mean) and 20 of 8 or 12: variance 60 × 4 / (60 − 2)."""
    rows = [store_week("a", [10, 14] * 20), store_week("b", [8, 12] * 10)]
    first, second = rankings.stores_of("USD", rows, [store_to_date("a", aov_rank_high=2)])
    half = 1.959964 * sqrt(240 / 58 / 40)
    assert (first.aov, first.aov_low, first.aov_high) == (
        Decimal(12),
        pytest.approx(12 - half),
        pytest.approx(12 + half),
    )
    assert (first.lasting_aov, first.place_best, first.place_worst, first.places) == (12.5, 1, 2, 1)
    assert (second.lasting_aov, second.lasting_status) == (None, "not_published")


def test_too_few_orders_give_no_interval():
    few = rankings.stores_of("USD", [store_week("a", [10, 14] * 5), store_week("b", [10, 14] * 5)], [])
    assert [store.aov_low for store in few] == [None, None]
    big, small = rankings.stores_of("USD", [store_week("a", [10, 14] * 50), store_week("b", [10] * 9)], [])
    assert big.aov_low is not None and small.aov_low is None


def test_churn_is_counted_by_status_and_compared_with_a_week_earlier():
    rows = [
        churn("active", 60),
        churn("at_risk", 10),
        churn("churned", 30),
        churn("active", 58, 7),
        churn("at_risk", 12, 7),
    ]
    found = customers.churn_figures("USD", AS_OF, rows)
    assert found is not None
    counted = {count.status: (count.customers, count.before, count.value_at_risk) for count in found.counts}
    assert counted == {
        "new": (0, 0, None),
        "active": (60, 58, Decimal("12.345678")),
        "at_risk": (10, 12, Decimal("12.345678")),
        "churned": (30, 0, None),
    }
    assert (found.customers, found.counts[1].share) == (100, 0.6)


def test_without_a_churn_status_in_the_mart_there_are_no_counts():
    row = churn(None, 40, churn_threshold_status="insufficient_data", model_status="insufficient_data")
    found = customers.churn_figures("USD", AS_OF, [row])
    assert found is not None
    assert (found.judged, found.counts, found.why, found.customers) == (False, (), "insufficient_data", 40)
    alone = customers.churn_figures("USD", AS_OF, [churn("active", 5)])
    assert alone is not None and alone.counts[1].before is None
    assert customers.churn_figures("USD", AS_OF, [churn("active", 5, 7)]) is None


def test_the_largest_moves_leave_out_customers_who_stayed_or_are_new():
    rows = [move("Loyal", "Loyal", 50, 70), move("Loyal", "At risk", 8, 70), move("Loyal", "Champions", 12, 70)]
    found = customers.move_figures("USD", [*rows, move("No order yet", "New", 7, None)])
    assert found is not None
    assert [(made.to_segment, made.customers, made.from_customers) for made in found.largest] == [
        ("Champions", 12, 70),
        ("At risk", 8, 70),
    ]
    assert (found.moved, found.stayed, found.joined) == (20, 50, 7)
    assert customers.move_figures("EUR", rows) is None


def test_the_score_uses_the_weights_of_the_checkpoints():
    rows = [
        checked("bronze", "critical", 2),
        checked("silver", "critical", 1, 1, 0.0),
        checked("silver", "info", 4, 2, 0.0),
    ]
    assert checks.overall_score(rows) == 66.6  # 6 of 9, rounded down
    assert [(found.checkpoint, found.expectations, found.failed) for found in checks.checkpoint_results(rows)] == [
        ("bronze", 2, 0),
        ("silver", 5, 3),
    ]
    assert checks.overall_score([]) is None


def test_a_failure_shows_what_was_found():
    counted, observed, silent = checks.failures(
        [failure(), failure(unexpected_count=None, observed="17"), failure(unexpected_count=None)]
    )
    assert (counted.found, observed.found, silent.found) == ("1,234 unexpected", "17", "not reported")
