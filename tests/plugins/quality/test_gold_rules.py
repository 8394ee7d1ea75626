"""The rules in SQL of the gold suites, on gold tables built from small silver rows: green, then broken on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.gold.periods import cutoff_date
from biz_insights.quality.suites import SQL_KWARG, SQL_TYPE, load_suite
from biz_schema.score_tables import SCORE_TABLES
from mwaa.local_aws.athena.dialect import to_duckdb
from tests.dags.gold.harness import DATABASE, Lake, line
from tests.plugins.quality.samples import AS_OF, GOLD

RULES = [(name, rule) for name in (*GOLD, *SCORE_TABLES) for rule in load_suite(name).rules if rule.type == SQL_TYPE]


def offending(lake: Lake, rule: Any, candidate: str) -> list[dict[str, Any]]:
    """The rows that a rule finds in a table of the lake."""
    query = rule.kwargs[SQL_KWARG].format(
        batch=f"(SELECT * FROM {DATABASE}.{candidate} WHERE true)",
        published=DATABASE,
        process_date=AS_OF,
        cutoff_date=cutoff_date(AS_OF),
    )
    return lake.query(to_duckdb(query))


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[f"{name}-{rule.name}" for name, rule in RULES])
def test_sound_tables_pass(gold: Lake, name: str, rule: Any):
    assert offending(gold, rule, name) == []


BREAKS = [
    ("gold_daily_sales_by_store", "net_sales_reconcile_with_silver", "SET net_sales = net_sales + 0.01"),
    ("gold_daily_sales_by_store", "items_reconcile_with_silver", "SET items = items + 1"),
    ("gold_daily_sales_by_store", "money_adds_up", "SET gross_sales = gross_sales + 0.01"),
    (
        "gold_daily_sales_by_store",
        "squares_fit_the_sums",
        "SET net_sales_squared = 0.5 * net_sales * net_sales / items",
    ),
    ("gold_daily_sales_by_store", "money_adds_up", "SET refund_amount = refund_amount + 0.01"),
    ("gold_daily_sales_by_store", "a_day_has_units_or_refunds", "SET items = 0, refunded_items = 0"),
    ("gold_daily_sales_by_store", "items_reconcile_with_silver", "SET refunded_items = refunded_items + 1"),
    ("gold_daily_sales_by_store", "orders_add_up", "SET guest_orders = 9"),
    ("gold_daily_sales_by_store", "no_day_after_the_process_date", "SET order_date = DATE '2024-01-13'"),
    ("gold_daily_sales_by_store", "guest_share_is_plausible", "SET guest_orders = orders"),
    ("gold_item_sales_by_day", "net_sales_reconcile_with_silver", "SET net_sales = net_sales - 0.01"),
    ("gold_item_sales_by_day", "lines_reconcile_with_silver", "SET lines = lines + 1"),
    ("gold_item_sales_by_day", "money_adds_up", "SET item_amount = 0"),
    ("gold_item_sales_by_day", "money_adds_up", "SET refund_amount = refund_amount + 1"),
    ("gold_item_sales_by_day", "counts_fit_each_other", "SET category_orders = 9"),
    ("gold_hourly_sales", "net_sales_reconcile_with_silver", "SET net_sales = 0"),
    ("gold_hourly_sales", "most_orders_fall_in_waking_hours", "SET order_hour = 3"),
    ("gold_discounts_by_day", "net_sales_reconcile_with_silver", "SET full_price_net_sales = 0"),
    ("gold_discounts_by_day", "net_sales_reconcile_with_silver", "SET refund_only_amount = 1"),
    ("gold_discounts_by_day", "discounts_reconcile_with_silver", "SET discount_amount = 1"),
    ("gold_discounts_by_day", "orders_and_flag_fit", "SET no_discounts_observed = true"),
    ("gold_discounts_by_day", "squares_fit_the_sales", "SET full_price_net_sales_squared = 0"),
    ("gold_price_changes", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("gold_price_changes", "changes_are_changes", "SET new_unit_price = old_unit_price"),
    ("gold_price_changes", "used_changes_have_something_to_compare", "SET use_status = 'usable', siblings = 0"),
    ("gold_segment_transitions", "every_customer_moves_once_a_month", "SET customers = customers + 1"),
    ("gold_segment_transitions", "rates_of_a_segment_add_up_to_one", "SET transition_rate = 0.2"),
    ("gold_customer_day", "net_sales_reconcile_with_silver", "SET net_sales = net_sales + 0.0001"),
    ("gold_customer_day", "parts_of_the_day_add_up", "SET night_orders = 4"),
    ("gold_customer_day", "parts_of_the_day_add_up", "SET refund_amount = refund_amount + 1"),
    ("gold_customer_day", "a_day_has_units_or_refunds", "SET items = 0"),
    ("gold_customer_day_by_quarter", "only_closed_quarters", "SET quarter = DATE '2024-01-01'"),
    ("gold_customer_day_by_quarter", "totals_are_those_of_the_customer_days", "SET net_sales = net_sales + 0.0001"),
    ("gold_customer_totals_before_cutoff", "cutoff_date_is_that_of_the_run", "SET cutoff_date = DATE '2022-07-01'"),
    ("gold_customer_totals_before_cutoff", "totals_are_those_of_the_closed_quarters", "SET orders = orders + 1"),
    (
        "gold_customer_totals_before_cutoff",
        "totals_are_those_of_the_closed_quarters",
        "SET active_days = active_days + 1",
    ),
    ("gold_customer_totals_before_cutoff", "rhythm_is_consistent", "SET longest_gap_days = NULL"),
    (
        "gold_customer_preferences_before_cutoff",
        "cutoff_date_is_that_of_the_run",
        "SET cutoff_date = DATE '2022-07-01'",
    ),
    (
        "gold_customer_preferences_before_cutoff",
        "every_order_has_a_store_and_a_time_of_day",
        "SET orders = orders + 1 WHERE dimension = 'store'",
    ),
    ("gold_customer_day_sample_before_cutoff", "cutoff_date_is_that_of_the_run", "SET cutoff_date = DATE '2022-07-01'"),
    ("gold_customer_day_sample_before_cutoff", "customers_are_there_whole", "SET orders = orders + 1"),
    ("gold_store_customers_by_closed_year", "only_closed_years", "SET year = DATE '2023-01-01'"),
    (
        "gold_store_customers_by_closed_year",
        "a_year_has_the_customers_of_its_months",
        "SET repeat_customers = customers + 1",
    ),
    (
        "gold_store_customers_by_closed_year",
        "a_year_has_the_customers_of_its_months",
        "SET customers = customers + 1 WHERE period_type = 'year'",
    ),
    ("gold_loyalty_customers_by_closed_year", "only_closed_years", "SET year = DATE '2023-01-01'"),
    ("gold_loyalty_customers_by_closed_year", "totals_are_those_of_the_closed_quarters", "SET orders = orders + 1"),
    ("gold_loyalty_customers_by_closed_year", "counts_are_nested", "SET returning_customers = customers + 1"),
    ("gold_customer_facts", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("gold_customer_facts", "totals_are_those_of_the_customer_days", "SET orders = orders + 1"),
    ("gold_customer_facts", "totals_are_those_of_the_customer_days", "SET net_sales = net_sales - 0.01"),
    ("gold_customer_facts", "money_adds_up", "SET refund_amount = refund_amount + 0.01"),
    ("gold_customer_facts", "rhythm_is_consistent", "SET days_since_first_order = days_since_first_order + 1"),
    ("gold_customer_facts", "windows_are_nested", "SET orders_last_30d = 99"),
    ("mart_customer_lifetime_value", "customers_are_those_of_the_facts", "SET net_sales = net_sales + 0.01"),
    ("mart_customer_lifetime_value", "shares_add_up_to_one", "SET net_sales_share = 0.3"),
    ("mart_customer_lifetime_value", "rhythm_is_consistent", "SET repeat_active_days = 7"),
    ("mart_customer_lifetime_value", "every_customer_is_scored", "SET model_status = 'not_scored'"),
    ("mart_customer_lifetime_value", "expected_values_are_days_times_value", "SET expected_value_365 = 30"),
    ("mart_churn_indicators", "every_customer_is_scored", "SET model_status = 'not_scored'"),
    ("mart_churn_indicators", "churn_statuses_follow_from_the_figures", "SET churn_status = 'churned'"),
    ("mart_churn_indicators", "some_customers_are_active", "SET churn_status = 'churned'"),
    ("gold_customer_predictions", "customers_are_those_of_the_customer_days", "SET currency = 'EUR'"),
    ("gold_customer_predictions", "predictions_grow_with_the_horizon", "SET p_order_30 = 0.35"),
    ("gold_customer_predictions", "figures_and_statuses_agree", "SET p_alive = NULL"),
    ("gold_customer_predictions", "figures_and_statuses_agree", "SET p_alive_status = 'not_estimated'"),
    ("gold_customer_predictions", "figures_and_statuses_agree", "SET model = NULL"),
    ("gold_customer_predictions", "every_status_has_a_reason", "SET model_reason = NULL"),
    ("gold_customer_predictions", "figures_and_statuses_agree", "SET value_interval_status = 'insufficient_data'"),
    ("gold_customer_predictions", "value_interval_is_ordered", "SET value_365_p10 = 70"),
    ("gold_customer_predictions", "model_is_validated", "SET model_status = 'not_validated'"),
    ("gold_customer_predictions", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("model_registry", "the_purchase_model_is_there", "SET model = 'buhlmann'"),
    ("model_registry", "one_model_that_fits_is_used", "SET is_used = true"),
    ("model_registry", "one_model_that_fits_is_used", "SET is_used = false"),
    ("model_registry", "every_status_has_a_reason", "SET reason = NULL WHERE model = 'nbd'"),
    ("model_registry", "parameters_are_there_where_the_fit_is", "SET r = NULL"),
    ("model_registry", "parameters_are_there_where_the_fit_is", "SET fit_status = 'model_degenerate'"),
    ("model_registry", "validated_means_better_than_naive", "SET status = 'validated', mae = naive_mae"),
    ("model_registry", "validated_means_better_than_naive", "SET status = 'validated', backtest_origins = 3"),
    ("model_registry", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("model_backtests", "nothing_is_judged_before_it_happened", "SET origin_date = as_of_date"),
    ("model_backtests", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("churn_backtests", "counts_fit_each_other", "SET false_alarms = flagged + 1"),
    ("churn_backtests", "the_threshold_is_not_judged_where_it_was_chosen", "SET is_threshold_origin = true"),
    ("churn_backtests", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("mart_customer_segments", "customers_are_those_of_the_facts", "SET currency = 'EUR'"),
    ("mart_churn_indicators", "changes_are_those_of_the_windows", "SET orders_change_90d = 5"),
    ("mart_churn_indicators", "not_everyone_is_inactive", "SET reference_rule_45_days_inactive = true"),
    ("mart_sales_trends", "chain_days_reconcile_with_the_facts", "SET net_sales = net_sales + 0.01"),
    (
        "mart_sales_trends",
        "levels_and_periods_hold_the_same_sales",
        "SET net_sales = 1 WHERE level = 'store'",
    ),
    ("mart_sales_trends", "periods_end_after_they_start", "SET period_end = DATE '2020-01-01'"),
    ("gold_loyalty_effects", "as_of_date_is_the_process_date", "SET as_of_date = DATE '2024-01-11'"),
    ("gold_loyalty_effects", "every_currency_has_every_metric", "SET currency = 'EUR' WHERE metric = 'orders'"),
    ("gold_loyalty_effects", "estimates_rest_on_enough_customers", "SET treated_customers = 29"),
    ("gold_loyalty_effects", "status_and_figures_agree", "SET placebo_lower = 1.05"),
    ("mart_sales_trends", "changes_say_what_they_rest_on", "SET net_sales_previous_week = 1"),
    (
        "mart_sales_trends",
        "changes_say_what_they_rest_on",
        "SET net_sales_year_ago_weekday = 1, net_sales_yoy_weekday = 0.1, open_days_year_ago_weekday = 3 * open_days",
    ),
    ("mart_sales_trends", "anomalies_fit_their_status", "SET is_anomaly = false"),
    ("mart_sales_trends", "anomalies_fit_their_status", "SET anomaly_status = 'judged' WHERE level = 'chain'"),
    ("mart_sales_trends", "holiday_effects_lie_in_their_intervals", "SET holiday_effect = 0.1"),
    (
        "mart_sales_trends",
        "anomalies_are_rare",
        "SET anomaly_status = 'judged', is_anomaly = true",
    ),
    ("mart_loyalty_impact", "totals_reconcile_with_the_facts", "SET non_loyal_numerator = 1"),
    ("mart_loyalty_impact", "rates_are_parts", "SET loyal_value = 2"),
    ("mart_loyalty_impact", "each_metric_states_its_denominator", "SET denominator = 'guests in'"),
    ("mart_loyalty_impact", "an_effect_is_shown_only_where_it_is_identified", "SET effect_status = 'not_identified'"),
    ("mart_loyalty_impact", "an_identified_effect_has_its_interval_and_a_sound_placebo", "SET placebo_lower = 1.05"),
    ("mart_loyalty_impact", "every_metric_with_an_effect_has_a_status", "SET effect_status = NULL"),
    ("mart_location_performance", "stores_reconcile_with_the_facts", "SET orders = orders + 1"),
    ("mart_location_performance", "growth_says_what_it_rests_on", "SET net_sales_year_ago = 1"),
    (
        "mart_location_performance",
        "growth_says_what_it_rests_on",
        "SET net_sales_year_ago = 1, same_store_growth = 0.1, open_days_year_ago = 3 * open_days",
    ),
    ("mart_location_performance", "every_ranking_begins_at_one", "SET net_sales_rank = 2"),
    ("mart_location_performance", "a_period_has_open_days_or_refunds", "SET open_days = 0"),
    ("mart_sales_trends", "a_period_has_open_days_or_refunds", "SET open_days = 0, refund_amount = 0"),
    ("mart_sales_trends", "a_period_has_open_days_or_refunds", "SET open_days = 32"),
    ("mart_location_performance", "order_values_lie_in_their_intervals", "SET aov_shrunk = 1"),
    ("mart_location_performance", "order_values_lie_in_their_intervals", "SET aov_status = 'estimated'"),
    ("mart_pricing_and_discounts", "levels_reconcile_with_the_facts", "SET net_sales = net_sales + 1"),
    ("mart_pricing_and_discounts", "rates_lie_in_their_intervals", "SET attach_rate = 1.5"),
    (
        "mart_pricing_and_discounts",
        "estimates_come_with_status_and_interval",
        "SET elasticity = -1 WHERE level = 'chain'",
    ),
    ("mart_pricing_and_discounts", "price_changes_are_those_of_the_facts", "SET price_changes = price_changes + 1"),
    ("mart_pricing_and_discounts", "dearer_items_do_not_sell_more", "SET elasticity_low = 0.1"),
    (
        "mart_pricing_and_discounts",
        "absent_discounts_are_not_invented",
        "SET discount_status = 'no_discounts_observed'",
    ),
]


@pytest.mark.parametrize(("name", "rule_name", "change"), BREAKS, ids=[f"{n}-{r}" for n, r, _ in BREAKS])
def test_a_broken_table_is_caught(gold: Lake, name: str, rule_name: str, change: str):
    (rule,) = (rule for rule in load_suite(name).rules if rule.name == rule_name)
    gold.connection.execute(f"CREATE OR REPLACE TABLE {DATABASE}.broken AS SELECT * FROM {DATABASE}.{name}")
    gold.connection.execute(f"UPDATE {DATABASE}.broken {change}")
    assert offending(gold, rule, "broken")


def test_one_giant_customer_is_noticed():
    (rule,) = (
        rule for rule in load_suite("gold_customer_facts").rules if rule.name == "no_customer_has_an_implausible_share"
    )
    customers = [line(f"o{n}", 10, AS_OF, user_id=f"user-{n}") for n in range(500)]
    giant = [line(f"g{n}", 10, AS_OF, user_id="0000") for n in range(40)]
    lake = Lake(customers + giant)
    lake.build("gold_customer_facts", AS_OF)
    (found,) = offending(lake, rule, "gold_customer_facts")
    assert (found["user_id"], found["orders"], round(found["order_share"], 3)) == ("0000", 40, 0.074)
    few = Lake(customers[:30] + giant)
    few.build("gold_customer_facts", AS_OF)
    assert offending(few, rule, "gold_customer_facts") == []
