"""The content of the report: one block for each currency, the data quality, and the headline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from biz_insights import labels
from biz_insights.reports import checks, customers, formats, rankings, sales
from biz_insights.reports.reading import Answer, Answers


@dataclass(frozen=True)
class Block:
    """The figures of one currency. A part without figures is None or empty, and the page says why."""

    currency: str
    sales: sales.SalesFigures | None
    items: tuple[rankings.Item, ...]
    stores: tuple[rankings.Store, ...]
    churn: customers.ChurnFigures | None
    moves: customers.MoveFigures | None


@dataclass(frozen=True)
class Quality:
    """The data quality of the figures. `score` is None when no checkpoint has run yet."""

    score: float | None
    checkpoints: tuple[checks.CheckpointResult, ...]
    failures: tuple[checks.Failure, ...]
    ledger: tuple[checks.LedgerRow, ...]
    reasons: tuple[checks.Reason, ...]


@dataclass(frozen=True)
class DailyReport:
    """The report of one day.

    It has no time of writing and no run id, so the same published data gives the same report.

    Attributes:
        as_of: the day.
        blocks: figures by currency.
        quality: the data quality.
        stores: labels of all stores so far, by `restaurant_id`.
        absent: for each query that could not run, the reason, by name of the query.
    """

    as_of: date
    blocks: tuple[Block, ...]
    quality: Quality
    stores: dict[str, str]
    absent: dict[str, str]

    @property
    def headline(self) -> str:
        """Return a summary as plain text: a sentence for each currency, and the quality score."""
        parts = [_currency_headline(block.sales) for block in self.blocks if block.sales is not None]
        if not parts:
            why = self.absent.get("sales_days", "No sales are published for the 14 days that end with it.")
            parts = [f"no sales figures. {why}"]
        score = self.quality.score
        quality = "not checked yet" if score is None else f"{score:.1f} of 100"
        return f"{formats.day(self.as_of)}: {' '.join(parts)} Data quality: {quality}."


def compose(as_of: date, answers: Answers) -> DailyReport:
    """Return the report of a day from the answers to its queries. Equal answers give equal reports."""
    return DailyReport(
        as_of=as_of,
        blocks=tuple(_block(currency, as_of, answers) for currency in currencies(answers)),
        quality=_quality(answers),
        stores=_store_labels(answers),
        absent={name: answer.absent for name, answer in answers.items() if answer.absent},
    )


def currencies(answers: Answers) -> list[str]:
    """Return every currency in the answers, the one with the most orders in the 14 days first."""
    orders: dict[str, int] = {}
    for name in ("sales_days", "top_items", "stores", "churn", "segment_moves"):
        for row in _answer(answers, name).rows:
            orders.setdefault(row["currency"], 0)
    for row in _answer(answers, "sales_days").rows:
        orders[row["currency"]] += row["orders"]
    return sorted(orders, key=lambda currency: (-orders[currency], currency))


def _store_labels(answers: Answers) -> dict[str, str]:
    """Return the labels of all stores so far, so that a store has the same label here and in the dashboards."""
    rows = (row for name in ("stores_to_date", "stores", "store_weeks") for row in _answer(answers, name).rows)
    return labels.stores(sorted({row["restaurant_id"] for row in rows}))


def _answer(answers: Answers, name: str) -> Answer:
    return answers.get(name, Answer())


def _block(currency: str, as_of: date, answers: Answers) -> Block:
    figures = sales.sales_figures(currency, as_of, _answer(answers, "sales_days").rows, _answer(answers, "store_weeks"))
    return Block(
        currency=currency,
        sales=figures,
        items=rankings.items_of(
            currency, _answer(answers, "top_items").rows, figures is not None and figures.week.shown
        ),
        stores=rankings.stores_of(currency, _answer(answers, "stores").rows, _answer(answers, "stores_to_date").rows),
        churn=customers.churn_figures(currency, as_of, _answer(answers, "churn").rows),
        moves=customers.move_figures(currency, _answer(answers, "segment_moves").rows),
    )


def _quality(answers: Answers) -> Quality:
    checked = _answer(answers, "checkpoints").rows
    return Quality(
        score=checks.overall_score(checked),
        checkpoints=checks.checkpoint_results(checked),
        failures=checks.failures(_answer(answers, "failed_expectations").rows),
        ledger=checks.ledger(_answer(answers, "ledger").rows),
        reasons=checks.reasons(_answer(answers, "quarantine").rows),
    )


def _currency_headline(figures: sales.SalesFigures) -> str:
    """Return the sentence of one currency: `net sales $2,150.59 from 137 orders, +2.9 % on Thu 8 Feb, …`."""
    currency, today, week = figures.currency, figures.today, figures.week
    if today.net_sales is None:
        day = f"no sales in {currency} are published for this day"
    else:
        day = f"net sales {formats.money(today.net_sales, currency)} from {formats.count(today.orders)} orders"
        if figures.day.net_sales_change is not None:
            last_week = formats.weekday(figures.day.before.last)
            day += f", {formats.change(figures.day.net_sales_change)} on {last_week}"
        if today.status == "judged":
            day += ", a day out of the ordinary" if today.is_anomaly else ", an ordinary day"
    text = f"{day}; last 7 days {formats.money(week.this.net_sales, currency)}"
    if week.net_sales_change is not None:
        text += f", {formats.change(week.net_sales_change)} on the 7 before"
        if week.coverage.compared < week.coverage.of:
            text += f" ({week.coverage.text})"
    return f"{text}."
