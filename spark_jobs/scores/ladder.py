"""The ladder of purchase models: which one is used, and the true reason for each that is not.

The models are tried from the richest to the plainest. The first that can be fitted and that its back-tests validate is
used, and those after it are not tried. Where none is validated, the one with the lowest mean absolute error in its
back-tests is used, as a multiple of the naive rate's at the same origins; where none could be judged either, the first
that could be fitted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from spark_jobs.models.backtest import LARGEST_BIAS, MINIMUM_ORIGINS, Summary
from spark_jobs.models.estimation import MINIMUM_CUSTOMERS, Fit
from spark_jobs.models.purchase_model import LADDER, TITLES, Rung
from spark_jobs.scores.backtests import CHURN_HORIZON, PURCHASES, Backtests, verdict

NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class Attempt:
    """A model of the ladder. `fit` and `backtests` are None where it was not tried or could not be fitted."""

    rung: Rung
    status: str
    reason: str
    fit: Fit | None = None
    backtests: Backtests | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether it could be used today."""
        return self.fit is not None and self.fit.model is not None

    @property
    def relative_mae(self) -> float | None:
        """Mean absolute error over the naive rate's at the same origins; None where none could be judged."""
        if self.fit is None or self.backtests is None:
            return None
        summary = self.backtests.summary(PURCHASES, self.fit.status)
        if summary.model is None or summary.naive is None or not summary.naive.mae or summary.model.mae is None:
            return None
        return summary.model.mae / summary.naive.mae


@dataclass(frozen=True)
class Choice:
    """All models of the ladder in order, the one in use, and its back-tests.

    Without a model that can be fitted `used` is None; `fit` is then the last one's, and says why.
    """

    attempts: Sequence[Attempt]
    used: Rung | None
    fit: Fit
    backtests: Backtests
    reason: str


def climb(fit: Callable[[Rung], Fit], backtest: Callable[[Rung], Backtests], span: int) -> Choice:
    """Try the models in order. `fit` is on what is known today, `span` the days of data there are."""
    attempts: list[Attempt] = []
    for rung in LADDER:
        attempts.append(_attempt(rung, fit(rung), backtest, span))
        if attempts[-1].status == "validated":
            break
    used = _chosen(attempts)
    if used is None:
        plainest = attempts[-1]
        assert plainest.fit is not None
        return Choice(
            attempts, None, plainest.fit, backtest(plainest.rung), f"No model can be used: {plainest.reason}."
        )
    assert used.fit is not None and used.backtests is not None
    story = _story(attempts, used)
    attempts[attempts.index(used)] = replace(used, reason=_reason_used(used, attempts))
    not_tried = f"not tried: {TITLES[used.rung]} comes before it and is validated"
    attempts += [Attempt(rung, NOT_NEEDED, not_tried) for rung in LADDER[len(attempts) :]]
    return Choice(attempts, used.rung, used.fit, used.backtests, story)


def judgement(summary: Summary, possible: int, span: int, horizon: int, unit: str) -> str:
    """What back-tests say of a model that is fitted, in words; the verdict follows from the same figures.

    `possible` are the origins that lie in the past, `span` the days of data, `horizon` the days predicted.
    """
    if summary.origins < MINIMUM_ORIGINS or summary.model is None or summary.naive is None:
        return _too_few(summary.origins, possible, span)
    mae, naive, bias = summary.model.mae, summary.naive.mae, summary.model.bias
    assert mae is not None and naive is not None and bias is not None
    return (
        f"in back-tests its forecasts of {horizon} days missed by {mae:.4g} {unit} a customer, which is "
        f"{'less' if mae < naive else 'not less'} than the naive rate's {naive:.4g}, and {_total(bias)}"
    )


def _attempt(rung: Rung, found: Fit, backtest: Callable[[Rung], Backtests], span: int) -> Attempt:
    if found.model is None:
        return Attempt(rung, found.status, found.reason, found)
    results = backtest(rung)
    summary = results.summary(PURCHASES, found.status)
    if rung == "naive_rate" and summary.origins >= MINIMUM_ORIGINS:
        said = "it is what the others are compared with, and cannot be better than itself"
    else:
        said = judgement(summary, len(results.results.get(PURCHASES, ())), span, CHURN_HORIZON, "order days")
    reason = "; ".join(text for text in (said, found.reason) if text)
    return Attempt(rung, verdict(summary, found.status), reason, found, results)


def _chosen(attempts: Sequence[Attempt]) -> Attempt | None:
    fitted = [attempt for attempt in attempts if attempt.is_fitted]
    for attempt in fitted:
        if attempt.status == "validated":
            return attempt
    judged = [(error, attempt) for attempt in fitted if (error := attempt.relative_mae) is not None]
    if judged:
        return min(judged, key=lambda pair: pair[0])[1]  # of equals the first
    return fitted[0] if fitted else None


def _reason_used(used: Attempt, attempts: Sequence[Attempt]) -> str:
    """The reason of the model in use, and where it is not validated, why it is used all the same."""
    if used.status == "validated":
        return used.reason
    if sum(attempt.is_fitted for attempt in attempts) == 1:
        return f"{used.reason}; used because no other model could be fitted"
    if used.relative_mae is None:
        return f"{used.reason}; used because it is the first that could be fitted, and no model could be judged"
    return (
        f"{used.reason}; used because no model is validated and its mean absolute error is the lowest: "
        f"{used.relative_mae:.3f} of the naive rate's"
    )


def _too_few(origins: int, possible: int, span: int) -> str:
    needed = f"{origins} past {'date' if origins == 1 else 'dates'} could be judged, and {MINIMUM_ORIGINS} are needed"
    if possible < MINIMUM_ORIGINS:
        return f"{needed}: the data spans {span} days"
    return (
        f"{needed}: at the other {possible - origins} it could not be fitted, nobody ordered, or under "
        f"{MINIMUM_CUSTOMERS} customers were known"
    )


def _story(attempts: Sequence[Attempt], used: Attempt) -> str:
    """The model in use and why, then why none that comes before it."""
    before = attempts[: attempts.index(used)]
    said = [_sentence(used.rung, "is used", _reason_used(used, attempts))]
    return " ".join([*said, *(_sentence(attempt.rung, "is not", attempt.reason) for attempt in before)])


def _sentence(rung: Rung, verb: str, reason: str) -> str:
    title = TITLES[rung]
    return f"{title[0].upper()}{title[1:]} {verb}: {reason}."


def _total(bias: float) -> str:
    limit = f", beyond the {100 * LARGEST_BIAS:.0f} % allowed" if abs(bias) > LARGEST_BIAS else ""
    percent = f"{100 * abs(bias):.1f}"
    if percent == "0.0":
        return "were right in total to within 0.1 %"
    return f"were {percent} % too {'high' if bias > 0 else 'low'} in total{limit}"
