"""The four tables that customer_scores publishes, declared once: each column's name, type and meaning.

The job writes by these schemas, the data dictionary describes them, and tests compare the suites with them.
"""

from dataclasses import dataclass
from typing import NamedTuple

AS_OF_DATE = "as_of_date"
HORIZONS = (30, 90, 365)
"""Days ahead that are predicted."""


class ScoreColumn(NamedTuple):
    """A column's Athena type and its meaning."""

    type: str
    meaning: str


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """One published table. `columns` ends with the partition key; `grain` names the columns that make a row unique."""

    name: str
    about: str
    grain: tuple[str, ...]
    columns: dict[str, ScoreColumn]

    @property
    def schema(self) -> str:
        """Spark's DDL of the file columns: all but the partition key."""
        return ", ".join(f"{name} {column.type}" for name, column in self.columns.items() if name != AS_OF_DATE)


_PARTITION = {AS_OF_DATE: ScoreColumn("date", "partition: the last day that was known")}
_CUSTOMER = {
    "app_name": ScoreColumn("string", "the ordering channel, half of the customer key"),
    "user_id": ScoreColumn("string", "the user within the channel, the other half of the customer key"),
    "currency": ScoreColumn("string", "currency of every amount in the row"),
}
_STATUS_IN_USE = "validated, not_validated or insufficient_data"
_FIT_STATUS = "fitted, model_degenerate (a simpler model is as likely) or insufficient_data"
_LADDER = "mbg_nbd, geometric_nbd, nbd, credibility_rate or naive_rate"

PREDICTIONS = ScoreTable(
    name="gold_customer_predictions",
    about="What each customer is expected to do and to be worth, from the orders up to the as-of date.",
    grain=("app_name", "user_id", "currency", AS_OF_DATE),
    columns=_CUSTOMER
    | {"p_alive": ScoreColumn("double", "probability that the customer has not left for good; see p_alive_status")}
    | {
        f"p_order_{h}": ScoreColumn("double", f"probability of at least one order in the next {h} days")
        for h in HORIZONS
    }
    | {f"expected_days_{h}": ScoreColumn("double", f"expected days with an order in the next {h}") for h in HORIZONS}
    | {
        "value_per_day": ScoreColumn(
            "double",
            "expected net sales of a day with an order: the customer's mean, drawn to everybody's (Bühlmann)",
        ),
    }
    | {
        f"expected_value_{h}": ScoreColumn(
            "double", f"expected net sales of the next {h} days: expected_days_{h} x value_per_day; revenue, not margin"
        )
        for h in HORIZONS
    }
    | {
        "discounted_value_365": ScoreColumn(
            "double", "expected_value_365 in present value, at the setting annual_discount_rate"
        ),
        "expected_margin_365": ScoreColumn(
            "double", "discounted_value_365 x the setting margin_rate; null where that is not set"
        ),
        "value_365_p10": ScoreColumn(
            "double",
            "what nine in ten customers of like expectation exceeded in a past year; see its status",
        ),
        "value_365_p90": ScoreColumn("double", "what one in ten of them exceeded"),
        "ltv_decile": ScoreColumn("int", "10 for the highest expected_value_365, 1 for the lowest, by fixed cut-offs"),
        "ltv_cutoffs_frozen_on": ScoreColumn(
            "date",
            "the cut-offs are those of everybody before this date (start of the quarter), or as of the as-of date",
        ),
        "median_gap_days": ScoreColumn(
            "double",
            "days after the latest order within which a living customer orders again with even odds; null where the "
            "model in use knows rates alone (credibility_rate, naive_rate)",
        ),
        "overdue_p": ScoreColumn(
            "double", "probability that a living customer would have ordered again by now; null like median_gap_days"
        ),
        "p_alive_status": ScoreColumn(
            "string",
            "estimated; not_estimated (the model in use has no dropout, so it does not ask who has left); "
            "insufficient_data (no model)",
        ),
        "churn_threshold": ScoreColumn(
            "double", "p_order_90 below which a customer is called churned, chosen on an early back-test"
        ),
        "churn_threshold_status": ScoreColumn("string", "backtested or insufficient_data"),
        "churn_threshold_reason": ScoreColumn("string", "why it has that status, in words"),
        "model": ScoreColumn("string", f"model in use: {_LADDER}; null where none could be fitted"),
        "model_status": ScoreColumn("string", f"of the probabilities and expected days: {_STATUS_IN_USE}"),
        "model_reason": ScoreColumn(
            "string", "why this model is used and none that comes before it, in words; see model_registry"
        ),
        "value_status": ScoreColumn(
            "string", f"of the expected values and the decile, by back-tests over 365 days: {_STATUS_IN_USE}"
        ),
        "value_reason": ScoreColumn("string", "why it has that status, in words"),
        "value_interval_status": ScoreColumn("string", "of value_365_p10 and _p90: backtested or insufficient_data"),
        "model_version": ScoreColumn("string", "the fit that the row comes from, see model_registry"),
    }
    | _PARTITION,
)

_PARAMETERS = {
    "r": "mbg_nbd, geometric_nbd, nbd: shape of the rates' gamma distribution; at 1e10 everybody has the same rate",
    "alpha": "its scale, in days",
    "a": "mbg_nbd: first parameter of the dropout probabilities' beta distribution",
    "b": "mbg_nbd: its second parameter",
    "p": "geometric_nbd: probability to leave after a day with an order, the same for everybody",
}

REGISTRY = ScoreTable(
    name="model_registry",
    about="Every model: whether it is used and why, its parameters, how the fit went, how its back-tests came out.",
    grain=("model", "currency", AS_OF_DATE),
    columns={
        "model": ScoreColumn(
            "string",
            f"of days with an order, in the order they are tried: {_LADDER}; buhlmann: net sales of such a day",
        ),
        "currency": ScoreColumn("string", "currency of a buhlmann row; all for the others"),
        "version": ScoreColumn("string", "as-of date and fingerprint of inputs, code and settings"),
        "is_used": ScoreColumn("boolean", "true for the one model of order days that predictions come from"),
        "status": ScoreColumn(
            "string", f"validated, not_validated, not_needed (one before it is validated), or of its fit: {_FIT_STATUS}"
        ),
        "reason": ScoreColumn("string", "why it has that status, and why it is used or not, in words"),
        "fit_status": ScoreColumn("string", f"{_FIT_STATUS}; not_needed: not tried"),
        "fitted_from": ScoreColumn(
            "date",
            "first order date of the customers who were fitted: 90 days into the data, or its first day where too few "
            "came later",
        ),
        "fitted_to": ScoreColumn("date", "last day that the fit has seen"),
        "customers": ScoreColumn("bigint", "customers who were fitted"),
        "groups": ScoreColumn("bigint", "distinct rows they were grouped to"),
        "iterations": ScoreColumn("bigint", "steps of the optimiser"),
        "log_likelihood": ScoreColumn("double", "at the maximum"),
    }
    | {name: ScoreColumn("double", meaning) for name, meaning in _PARAMETERS.items()}
    | {
        f"{name}_se": ScoreColumn("double", f"standard error of {name}; null where the likelihood is flat")
        for name in _PARAMETERS
    }
    | {
        "rate": ScoreColumn("double", "credibility_rate: mean days with an order a day"),
        "weight_days": ScoreColumn(
            "double", "credibility_rate: days at which a customer's own past weighs as much as everybody's"
        ),
        "scatter": ScoreColumn(
            "double", "credibility_rate: squared coefficient of variation of gaps; 1 by chance alone, 0 like clockwork"
        ),
        "mu": ScoreColumn("double", "Bühlmann: mean net sales of a day with an order"),
        "s2": ScoreColumn("double", "Bühlmann: variance between the days of one customer"),
        "tau2": ScoreColumn("double", "Bühlmann: variance between customers' true means"),
        "k": ScoreColumn("double", "Bühlmann: s2 / tau2, in days; null where customers do not differ beyond chance"),
        "backtest_horizon": ScoreColumn("int", "days ahead of the back-tests summed up here"),
        "backtest_origins": ScoreColumn("int", "past origins that could be judged; fewer than 4 never validate"),
        "bias": ScoreColumn("double", "predicted over realised total, less one"),
        "mae": ScoreColumn("double", "mean absolute error a customer"),
        "naive_mae": ScoreColumn("double", "the same of the naive rate, which carries the customer's past forward"),
        "spearman": ScoreColumn("double", "rank correlation of predicted and realised"),
        "naive_spearman": ScoreColumn("double", "the same of the naive rate"),
        "top_decile_capture": ScoreColumn(
            "double", "part of the realised total that the best tenth by prediction held"
        ),
        "naive_top_decile_capture": ScoreColumn("double", "the same of the naive rate"),
        "brier": ScoreColumn("double", "mean squared error of the probability to order"),
        "naive_brier": ScoreColumn("double", "the same of the naive rate"),
        "ece": ScoreColumn("double", "expected calibration error of that probability, over ten bins"),
        "auc": ScoreColumn("double", "probability that a customer who ordered was ranked above one who did not"),
        "churn_threshold": ScoreColumn("double", "p_order_90 below which a customer is called churned"),
        "churn_threshold_origin": ScoreColumn("date", "origin it was chosen on; figures are of later origins only"),
        "annual_discount_rate": ScoreColumn("double", "setting that discounted_value_365 was made with"),
        "margin_rate": ScoreColumn("double", "setting that expected_margin_365 was made with; null where not set"),
    }
    | _PARTITION,
)

_METRICS = {
    "bias": "predicted over realised total, less one",
    "mae": "mean absolute error a customer",
    "spearman": "rank correlation of predicted and realised",
    "top_decile_capture": "part of the realised total that the best tenth by prediction held",
    "brier": "mean squared error of the probability to order; null for net sales",
    "ece": "expected calibration error of that probability; null for net sales",
    "auc": "probability that a customer who ordered was ranked above one who did not; null for net sales",
}

MODEL_BACKTESTS = ScoreTable(
    name="model_backtests",
    about="Predictions from past origins against what happened, each model that was tried beside the naive rate.",
    grain=("model", "measure", "currency", "origin_date", "horizon_days", AS_OF_DATE),
    columns={
        "model": ScoreColumn("string", f"model of days with an order: {_LADDER}"),
        "measure": ScoreColumn("string", "active_days, or net_sales (active days x Bühlmann)"),
        "currency": ScoreColumn("string", "currency of a net_sales row; all for active_days"),
        "origin_date": ScoreColumn("date", "past day that was predicted from, knowing nothing later"),
        "horizon_days": ScoreColumn("int", "days ahead"),
        "model_version": ScoreColumn("string", "the fit that these back-tests speak for"),
        "fit_status": ScoreColumn("string", f"fit at the origin: {_FIT_STATUS}"),
        "customers": ScoreColumn("bigint", "customers seen by the origin; a fixed sample where there are many"),
        "realised": ScoreColumn("double", "what they did within the horizon: days with an order, or net sales"),
    }
    | {name: ScoreColumn("double", f"model: {meaning}") for name, meaning in _METRICS.items()}
    | {f"naive_{name}": ScoreColumn("double", f"{name} of the naive rate") for name in _METRICS}
    | _PARTITION,
)

CHURN_BACKTESTS = ScoreTable(
    name="churn_backtests",
    about="Who was called churned at past origins and who ordered again: the model beside the fixed 45-day rule.",
    grain=("origin_date", "horizon_days", "method", AS_OF_DATE),
    columns={
        "origin_date": ScoreColumn("date", "past day that was judged from, knowing nothing later"),
        "horizon_days": ScoreColumn("int", "churned means: no order within these days after the origin"),
        "method": ScoreColumn(
            "string", "rule_45_days, model_at_rule_volume (as many customers as the rule flags) or model_at_threshold"
        ),
        "model_version": ScoreColumn("string", "the fit that these back-tests speak for"),
        "customers": ScoreColumn("bigint", "customers seen by the origin; a fixed sample where there are many"),
        "churned": ScoreColumn("bigint", "of them without an order within the horizon"),
        "flagged": ScoreColumn("double", "customers that the method calls churned; a fraction where a tie is cut"),
        "false_alarms": ScoreColumn("double", "flagged customers who ordered within the horizon"),
        "precision_rate": ScoreColumn("double", "part of the flagged who did churn"),
        "recall_rate": ScoreColumn("double", "part of the churned who were flagged"),
        "auc": ScoreColumn("double", "probability that a churned customer was ranked above one who ordered"),
        "brier": ScoreColumn("double", "mean squared error of the promised probability (the rule promises 0 or 1)"),
        "ece": ScoreColumn("double", "expected calibration error of that probability"),
        "threshold": ScoreColumn("double", "p_order_90 for the model, days for the rule; null at a given volume"),
        "is_threshold_origin": ScoreColumn("boolean", "the threshold was chosen here, so it is not judged here"),
    }
    | _PARTITION,
)

_RATIO = "1 means no difference"
LOYALTY_EFFECTS = ScoreTable(
    name="gold_loyalty_effects",
    about="What joining the loyalty programme changes in a customer's buying, and a placebo that tests the comparison.",
    grain=("metric", "window_days", "currency", AS_OF_DATE),
    columns={
        "metric": ScoreColumn("string", "orders, net_sales or active_days in the window, or net_sales_per_order"),
        "window_days": ScoreColumn("int", "days before and after the first loyalty order that are compared"),
        "currency": ScoreColumn("string", "currency of the orders"),
        "effect_ratio": ScoreColumn(
            "double", f"what joining multiplies the metric by ({_RATIO}); to be shown only where status is identified"
        ),
        "effect_lower": ScoreColumn("double", "lower end of its 95 % interval"),
        "effect_upper": ScoreColumn("double", "upper end of its 95 % interval"),
        "placebo_ratio": ScoreColumn(
            "double", f"the same comparison one window earlier, when nobody had joined ({_RATIO})"
        ),
        "placebo_lower": ScoreColumn("double", "lower end of its 95 % interval"),
        "placebo_upper": ScoreColumn("double", "upper end of its 95 % interval"),
        "loyalty_customers": ScoreColumn("bigint", "customers with a loyalty order"),
        "treated_customers": ScoreColumn(
            "bigint",
            "of them compared: 90 days or more a customer when they joined, 90 days seen since, controls alike; "
            "of a fixed sample of customers where there are many",
        ),
        "control_customer_days": ScoreColumn("bigint", "order days of customers not yet loyal, to compare with"),
        "status": ScoreColumn(
            "string",
            "identified; not_identified (the placebo's interval excludes 1); insufficient_data (too few treated); "
            "not_supported (no loyalty orders, or nobody seen before joining)",
        ),
    }
    | _PARTITION,
)

SCORE_TABLES = {
    table.name: table for table in (PREDICTIONS, REGISTRY, MODEL_BACKTESTS, CHURN_BACKTESTS, LOYALTY_EFFECTS)
}
