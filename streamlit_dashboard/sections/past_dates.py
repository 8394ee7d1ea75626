"""Cards that say how reliable predictions are: what they said on past dates, compared with what happened."""

from __future__ import annotations

from typing import Literal

from streamlit_dashboard import formats
from streamlit_dashboard.card import Card, absent, show
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import customers, loads

METHODS = {
    "rule_45_days": "45-day rule",
    "model_at_rule_volume": "Model, as many customers as the rule",
    "model_at_threshold": "Model, at its threshold",
}


def forecast_tests(filters: Filters, currency: str) -> None:
    """Show how reliable the forecast is: what it said on past dates, compared with what happened."""
    table: Literal["model_backtests"] = "model_backtests"
    title = "How well the forecast did from past days"
    if table not in loads.state().tables:
        absent(title, table, ["bias", "mae", "spearman", "top_decile_capture"])
        return
    rows = customers.scores(table)
    rows = rows[rows["currency"].isin([currency, "all"])].sort_values(["measure", "horizon_days", "origin_date"])
    registry = customers.scores("model_registry")
    fitted = registry[registry["currency"].isin([currency, "all"])]
    fitted = fitted[fitted["is_used"]] if "is_used" in fitted else fitted
    note = " ".join(
        f"{fit['model']} is {str(fit['status']).replace('_', ' ')}"
        + ("." if formats.missing(fit["customers"]) else f", fitted on {formats.count(fit['customers'])} customers.")
        for fit in fitted.to_dict("records")
    )
    show(
        Card(
            key="backtests",
            title=title,
            unit="errors of the forecast on past dates, beside the naive rate: every customer goes on as before",
            denominator="guests out; customers known on the date of the forecast",
            source=table,
            as_of=loads.state().as_of_date(table),
            rows=rows,
            columns=(
                Column("model", "Model"),
                Column("measure", "Forecast of"),
                Column("origin_date", "Predicted from", "date"),
                Column("horizon_days", "Days ahead", "count"),
                Column("customers", "Customers", "count"),
                Column("bias", "Total off by", "share", "Bias: forecast of all customers against what they brought"),
                Column("mae", "Mean error", "number", "Mean absolute error of one customer (MAE)"),
                Column("naive_mae", "Mean error, naive", "number", "The same for the naive rate"),
                Column("spearman", "Order right", "number", "Spearman: 1 is the right order of customers, 0 is chance"),
                Column("naive_spearman", "Order right, naive", "number"),
                Column(
                    "top_decile_capture",
                    "Best tenth",
                    "share",
                    "Part of the sales that the predicted best tenth brought",
                ),
                Column("naive_top_decile_capture", "Best tenth, naive", "share"),
                Column(
                    "ece",
                    "Chances off by",
                    "number",
                    "Calibration error: 0 means that of 100 chances of 30 %, 30 come true",
                ),
                Column("fit_status", "Fit"),
            ),
            filters=filters.active,
            note=note,
            empty="The past is too short for a test.",
        )
    )


def churn_tests(filters: Filters) -> None:
    """Show how well churn was predicted on past dates, beside the fixed rule."""
    table = "churn_backtests"
    if table not in loads.state().tables:
        absent("How well churn was predicted on past dates", table, ["precision_rate", "recall_rate", "auc"])
        return
    rows = customers.scores(table)  # type: ignore[arg-type]
    rows = rows.sort_values(["origin_date", "method"]).assign(method=rows["method"].replace(METHODS))
    show(
        Card(
            key="backtest",
            title="How well churn was predicted on past dates",
            unit="the predictions compared with what happened in the 90 days after",
            denominator="guests out; one row for each date and method, the fixed 45-day rule beside the model",
            source=table,
            as_of=loads.state().as_of_date(table),
            rows=rows,
            columns=(
                Column("origin_date", "Predicted on", "date"),
                Column("method", "Method"),
                Column("customers", "Customers", "count"),
                Column("churned", "Churned", "count"),
                Column("flagged", "Marked as churned", "count"),
                Column("false_alarms", "False alarms", "count"),
                Column(
                    "precision_rate",
                    "Marked and right",
                    "share",
                    "Precision: part of the marked customers who did churn",
                ),
                Column(
                    "recall_rate",
                    "Churned and marked",
                    "share",
                    "Recall: part of the churned customers who were marked",
                ),
                Column(
                    "auc",
                    "Order right",
                    "number",
                    "AUC: chance that a churned customer ranks above one who ordered; 0.5 is chance",
                ),
                Column("brier", "Error of chances", "number", "Brier score: mean squared error, 0 is perfect"),
                Column(
                    "ece",
                    "Chances off by",
                    "number",
                    "Calibration error: 0 means that of 100 chances of 30 %, 30 come true",
                ),
                Column(
                    "threshold", "Limit", "number", "Days for the rule, chance of an order in 90 days for the model"
                ),
                Column("is_threshold_origin", "Limit chosen here", "flag"),
            ),
            filters=filters.active,
        )
    )
