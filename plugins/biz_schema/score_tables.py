"""The tables that the job `customer_scores` publishes, one partition for each as-of date."""

from __future__ import annotations

from typing import Literal, get_args

from biz_schema.lake_tables import LakeColumn, LakeTable

AS_OF_DATE = "as_of_date"
HORIZONS = (30, 90, 365)
"""Days ahead that are predicted."""

ModelName = Literal["mbg_nbd", "geometric_nbd", "nbd", "credibility_rate", "naive_rate"]
PURCHASE_MODELS: tuple[ModelName, ...] = get_args(ModelName)
"""From the richest model to the plainest. A model is tried only where none before it can be fitted and validated."""

_PARTITION = {AS_OF_DATE: LakeColumn("date", "partition: last day that is counted")}
_CUSTOMER = {
    "app_name": LakeColumn("string", "ordering channel; together with user_id it identifies a customer"),
    "user_id": LakeColumn("string", "user id within the channel; together with app_name it identifies a customer"),
    "currency": LakeColumn("string", "currency of all amounts in the row"),
}
_STATUS_IN_USE = "validated, not_validated or insufficient_data"
_FIT_STATUS = "fitted, model_degenerate (a simpler model is as likely) or insufficient_data"
_MODELS = f"{', '.join(PURCHASE_MODELS[:-1])} or {PURCHASE_MODELS[-1]}"

PREDICTIONS = LakeTable(
    name="gold_customer_predictions",
    about="The expected orders and the expected value of each customer, from the orders up to the as-of date.",
    grain=("app_name", "user_id", "currency", AS_OF_DATE),
    columns=_CUSTOMER
    | {"p_alive": LakeColumn("double", "probability that the customer has not left for good; see p_alive_status")}
    | {
        f"p_order_{h}": LakeColumn("double", f"probability of at least one order in the next {h} days")
        for h in HORIZONS
    }
    | {
        f"expected_days_{h}": LakeColumn("double", f"expected number of days with an order in the next {h} days")
        for h in HORIZONS
    }
    | {
        "value_per_day": LakeColumn(
            "double",
            "expected net sales of a day with an order: a weighted mean of the customer's own mean and the mean of all "
            "customers (Bühlmann)",
        ),
    }
    | {
        f"expected_value_{h}": LakeColumn(
            "double", f"expected net sales of the next {h} days: expected_days_{h} x value_per_day; revenue, not margin"
        )
        for h in HORIZONS
    }
    | {
        "discounted_value_365": LakeColumn(
            "double", "present value of expected_value_365, at the setting annual_discount_rate"
        ),
        "expected_margin_365": LakeColumn(
            "double", "discounted_value_365 times the setting margin_rate; null when margin_rate is not set"
        ),
        "value_365_p10": LakeColumn(
            "double",
            "net sales that nine in ten customers with a similar expectation exceeded in a past year; see "
            "value_interval_status",
        ),
        "value_365_p90": LakeColumn("double", "net sales that one in ten of these customers exceeded"),
        "ltv_decile": LakeColumn(
            "int",
            "10 for the tenth of customers with the highest expected_value_365, 1 for the lowest; equal values share a "
            "decile",
        ),
        "ltv_cutoffs_frozen_on": LakeColumn(
            "date",
            "the limits between the deciles come from the customers before this date (the start of the quarter); "
            "without customers before it, from those up to the as-of date",
        ),
        "median_gap_days": LakeColumn(
            "double",
            "number of days after the latest order within which a customer who has not left orders again with a "
            "probability of 50 %; null if the model estimates only rates (credibility_rate, naive_rate)",
        ),
        "overdue_p": LakeColumn(
            "double",
            "probability that a customer who has not left would have ordered again by now; null like median_gap_days",
        ),
        "p_alive_status": LakeColumn(
            "string",
            "estimated, not_estimated (the model does not estimate who has left) or insufficient_data (no model)",
        ),
        "churn_threshold": LakeColumn(
            "double",
            "a customer with p_order_90 below this value is called churned; it is chosen on an early back-test",
        ),
        "churn_threshold_status": LakeColumn("string", "backtested or insufficient_data"),
        "churn_threshold_reason": LakeColumn("string", "how the threshold was chosen, or why there is none"),
        "model": LakeColumn("string", f"model that predicts days with orders: {_MODELS}; null without one"),
        "model_status": LakeColumn("string", f"status of the probabilities and expected days: {_STATUS_IN_USE}"),
        "model_reason": LakeColumn(
            "string",
            "why this model is used, and why the models that are tried before it are not; see model_registry",
        ),
        "value_status": LakeColumn(
            "string", f"status of the expected values and the decile, by back-tests over 365 days: {_STATUS_IN_USE}"
        ),
        "value_reason": LakeColumn("string", "why value_status has its value"),
        "value_interval_status": LakeColumn(
            "string", "status of value_365_p10 and value_365_p90: backtested or insufficient_data"
        ),
        "model_version": LakeColumn("string", "version of the fitted model, see model_registry"),
    }
    | _PARTITION,
    partition_keys=(AS_OF_DATE,),
)

_PARAMETERS = {
    "r": "mbg_nbd, geometric_nbd, nbd: shape of the gamma distribution of the rates; 1e10: one rate for all customers",
    "alpha": "mbg_nbd, geometric_nbd, nbd: scale of that gamma distribution, in days",
    "a": "mbg_nbd: first parameter of the beta distribution of the dropout probabilities",
    "b": "mbg_nbd: second parameter of that beta distribution",
    "p": "geometric_nbd: probability to leave after a day with an order, the same for all customers",
}

REGISTRY = LakeTable(
    name="model_registry",
    about="Every model: whether it is used and why, its parameters, the status of its fit, and its back-tests.",
    grain=("model", "currency", AS_OF_DATE),
    columns={
        "model": LakeColumn(
            "string",
            f"models of days with an order, in the order in which they are tried: {_MODELS}; buhlmann is the model of "
            "the net sales of such a day",
        ),
        "currency": LakeColumn("string", "currency of a buhlmann row; all for the others"),
        "version": LakeColumn("string", "as-of date, and fingerprint of inputs, code and settings"),
        "is_used": LakeColumn("boolean", "true for the model of days with an order that makes the predictions"),
        "status": LakeColumn(
            "string",
            f"validated, not_validated, not_needed (a model before it is validated), or the status of its fit: "
            f"{_FIT_STATUS}",
        ),
        "reason": LakeColumn("string", "why it has this status, and why it is used or not"),
        "fit_status": LakeColumn("string", f"{_FIT_STATUS}; not_needed if the model was not tried"),
        "fitted_from": LakeColumn(
            "date",
            "customers with a first order from this day on are fitted: 90 days after the first day of data, or that "
            "first day if there are too few later customers",
        ),
        "fitted_to": LakeColumn("date", "last day that the fit uses"),
        "customers": LakeColumn("bigint", "number of customers in the fit"),
        "groups": LakeColumn("bigint", "number of distinct rows to which these customers are grouped"),
        "iterations": LakeColumn("bigint", "number of steps of the optimiser"),
        "log_likelihood": LakeColumn("double", "logarithm of the likelihood at its maximum"),
    }
    | {name: LakeColumn("double", meaning) for name, meaning in _PARAMETERS.items()}
    | {
        f"{name}_se": LakeColumn("double", f"standard error of {name}; null if the likelihood is flat")
        for name in _PARAMETERS
    }
    | {
        "rate": LakeColumn("double", "credibility_rate: mean number of days with an order per day"),
        "weight_days": LakeColumn(
            "double", "credibility_rate: days after which a customer's own past weighs as much as that of all customers"
        ),
        "scatter": LakeColumn(
            "double", "credibility_rate: squared coefficient of variation of gaps; 1 for pure chance, 0 for equal gaps"
        ),
        "mu": LakeColumn("double", "Bühlmann: mean net sales of a day with an order"),
        "s2": LakeColumn("double", "Bühlmann: variance between the days of one customer"),
        "tau2": LakeColumn("double", "Bühlmann: variance between the true means of the customers"),
        "k": LakeColumn("double", "Bühlmann: s2 / tau2, in days; null if customers differ only by chance"),
        "backtest_horizon": LakeColumn("int", "days ahead that the summarised back-tests predict"),
        "backtest_origins": LakeColumn(
            "int", "number of past dates that could be judged; with fewer than 4 no model is validated"
        ),
        "bias": LakeColumn("double", "predicted total / realised total - 1"),
        "mae": LakeColumn("double", "mean absolute error per customer"),
        "naive_mae": LakeColumn("double", "mae of the naive rate, which continues the customer's past rate"),
        "spearman": LakeColumn("double", "rank correlation of predicted and realised"),
        "naive_spearman": LakeColumn("double", "spearman of the naive rate"),
        "top_decile_capture": LakeColumn("double", "share of the realised total from the best tenth by prediction"),
        "naive_top_decile_capture": LakeColumn("double", "top_decile_capture of the naive rate"),
        "brier": LakeColumn("double", "mean squared error of the probability to order"),
        "naive_brier": LakeColumn("double", "brier of the naive rate"),
        "ece": LakeColumn("double", "expected calibration error of the probability to order, over ten bins"),
        "auc": LakeColumn("double", "probability that a customer who ordered was ranked above one who did not"),
        "churn_threshold": LakeColumn("double", "a customer with p_order_90 below this value is called churned"),
        "churn_threshold_origin": LakeColumn(
            "date", "past date on which it was chosen; it is judged on later dates only"
        ),
        "annual_discount_rate": LakeColumn("double", "setting from which discounted_value_365 was computed"),
        "margin_rate": LakeColumn(
            "double", "setting from which expected_margin_365 was computed; null when it is not set"
        ),
    }
    | _PARTITION,
    partition_keys=(AS_OF_DATE,),
)

_METRICS = {
    "bias": "predicted total / realised total - 1",
    "mae": "mean absolute error per customer",
    "spearman": "rank correlation of predicted and realised",
    "top_decile_capture": "share of the realised total from the best tenth by prediction",
    "brier": "mean squared error of the probability to order; null for net sales",
    "ece": "expected calibration error of the probability to order; null for net sales",
    "auc": "probability that a customer who ordered was ranked above one who did not; null for net sales",
}

MODEL_BACKTESTS = LakeTable(
    name="model_backtests",
    about="Predictions from past dates compared with what happened, for each model that was tried and the naive rate.",
    grain=("model", "measure", "currency", "origin_date", "horizon_days", AS_OF_DATE),
    columns={
        "model": LakeColumn("string", f"model of days with an order: {_MODELS}"),
        "measure": LakeColumn("string", "active_days, or net_sales (active days x Bühlmann)"),
        "currency": LakeColumn("string", "currency of a net_sales row; all for active_days"),
        "origin_date": LakeColumn("date", "past date from which the model predicts, using only earlier data"),
        "horizon_days": LakeColumn("int", "days ahead"),
        "model_version": LakeColumn("string", "version of the fitted model that is tested, see model_registry"),
        "fit_status": LakeColumn("string", f"fit at the origin: {_FIT_STATUS}"),
        "customers": LakeColumn("bigint", "number of customers up to origin_date; a fixed sample if there are many"),
        "realised": LakeColumn("double", "total of the customers within the horizon: days with an order, or net sales"),
    }
    | {name: LakeColumn("double", f"model: {meaning}") for name, meaning in _METRICS.items()}
    | {f"naive_{name}": LakeColumn("double", f"{name} of the naive rate") for name in _METRICS}
    | _PARTITION,
    partition_keys=(AS_OF_DATE,),
)

CHURN_BACKTESTS = LakeTable(
    name="churn_backtests",
    about="Customers called churned on past dates, and how many of them ordered again: the model and the 45-day rule.",
    grain=("origin_date", "horizon_days", "method", AS_OF_DATE),
    columns={
        "origin_date": LakeColumn("date", "past date on which customers are called churned, using only earlier data"),
        "horizon_days": LakeColumn(
            "int", "a customer has churned without an order within these days after origin_date"
        ),
        "method": LakeColumn(
            "string", "rule_45_days, model_at_rule_volume (as many customers as the rule flags) or model_at_threshold"
        ),
        "model_version": LakeColumn("string", "version of the fitted model that is tested, see model_registry"),
        "customers": LakeColumn("bigint", "number of customers up to origin_date; a fixed sample if there are many"),
        "churned": LakeColumn("bigint", "number of customers without an order within the horizon"),
        "flagged": LakeColumn(
            "double", "number of customers that the method calls churned; a fraction if a tie is split"
        ),
        "false_alarms": LakeColumn("double", "flagged customers who ordered within the horizon"),
        "precision_rate": LakeColumn("double", "share of the flagged customers who churned"),
        "recall_rate": LakeColumn("double", "share of the churned customers who were flagged"),
        "auc": LakeColumn("double", "probability that a churned customer was ranked above one who ordered"),
        "brier": LakeColumn("double", "mean squared error of the predicted probability (the rule predicts 0 or 1)"),
        "ece": LakeColumn("double", "expected calibration error of the predicted probability"),
        "threshold": LakeColumn("double", "p_order_90 for the model, days for the rule; null for model_at_rule_volume"),
        "is_threshold_origin": LakeColumn(
            "boolean", "true on the date on which the threshold was chosen; it is not judged there"
        ),
    }
    | _PARTITION,
    partition_keys=(AS_OF_DATE,),
)

_RATIO = "1 means no difference"
LOYALTY_EFFECTS = LakeTable(
    name="gold_loyalty_effects",
    about="The effect of joining the loyalty programme on a customer's orders, with a placebo test of the comparison.",
    grain=("metric", "window_days", "currency", AS_OF_DATE),
    columns={
        "metric": LakeColumn("string", "orders, net_sales or active_days in the window, or net_sales_per_order"),
        "window_days": LakeColumn("int", "days before and after the first loyalty order that are compared"),
        "currency": LakeColumn("string", "currency of the orders"),
        "effect_ratio": LakeColumn(
            "double", f"factor by which joining changes the metric ({_RATIO}); show it only if status is identified"
        ),
        "effect_lower": LakeColumn("double", "lower end of the 95 % interval of effect_ratio"),
        "effect_upper": LakeColumn("double", "upper end of the 95 % interval of effect_ratio"),
        "placebo_ratio": LakeColumn(
            "double", f"the same comparison one window earlier, before anybody joined ({_RATIO})"
        ),
        "placebo_lower": LakeColumn("double", "lower end of the 95 % interval of placebo_ratio"),
        "placebo_upper": LakeColumn("double", "upper end of the 95 % interval of placebo_ratio"),
        "loyalty_customers": LakeColumn("bigint", "customers with a loyalty order"),
        "treated_customers": LakeColumn(
            "bigint",
            "number of these customers who could be compared: customers for 90 days or more when they joined, 90 days "
            "of data since, and similar controls; from a fixed sample if there are many customers",
        ),
        "control_customer_days": LakeColumn(
            "bigint", "days with an order of similar customers who have not joined yet"
        ),
        "status": LakeColumn(
            "string",
            "identified, not_identified (the interval of placebo_ratio excludes 1), insufficient_data (too few treated "
            "customers) or not_supported (no loyalty orders, or no customers seen before joining)",
        ),
    }
    | _PARTITION,
    partition_keys=(AS_OF_DATE,),
)

SCORE_TABLES = {
    table.name: table for table in (PREDICTIONS, REGISTRY, MODEL_BACKTESTS, CHURN_BACKTESTS, LOYALTY_EFFECTS)
}
"""By name."""

SCORE_PUBLISH_ORDER = tuple(
    table.name for table in (REGISTRY, MODEL_BACKTESTS, CHURN_BACKTESTS, LOYALTY_EFFECTS, PREDICTIONS)
)
"""Names in the order in which they are published: what explains the predictions before the predictions."""
