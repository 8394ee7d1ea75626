"""Which purchase model is used, and the reason for each that is not.

The models are tried from the richest to the plainest. The first one that can be fitted and that its back-tests validate
is used; those after it are not tried. If none is validated, the one with the lowest mean absolute error in its
back-tests is used, as a multiple of the naive rate's error at the same origins. If no back-test was possible either,
the first one that could be fitted is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from biz_schema.score_tables import PURCHASE_MODELS, ModelName
from spark_jobs.models.backtest import LARGEST_BIAS, MINIMUM_ORIGINS, Summary
from spark_jobs.models.estimation import MINIMUM_CUSTOMERS, Fit
from spark_jobs.models.purchase_model import TITLES
from spark_jobs.scores.backtests import CHURN_HORIZON, PURCHASES, Backtests, published_status

NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class CandidateModel:
    """One purchase model. `fit` and `backtests` are None if it was not tried or could not be fitted."""

    model_name: ModelName
    status: str
    reason: str
    fit: Fit | None = None
    backtests: Backtests | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model could be used today."""
        return self.fit is not None and self.fit.model is not None

    @property
    def relative_mae(self) -> float | None:
        """Mean absolute error divided by the naive rate's at the same origins; None without such origins."""
        if self.fit is None or self.backtests is None:
            return None
        summary = self.backtests.summary(PURCHASES, self.fit.status)
        if summary.model is None or summary.naive is None or not summary.naive.mae or summary.model.mae is None:
            return None
        return summary.model.mae / summary.naive.mae


@dataclass(frozen=True)
class ModelSelection:
    """All purchase models in order, the one in use, and its back-tests.

    If no model can be fitted, `used` is None, and `fit` is the last model's: it says why.
    """

    candidates: Sequence[CandidateModel]
    used: ModelName | None
    fit: Fit
    backtests: Backtests
    reason: str


def select_model(
    fit: Callable[[ModelName], Fit], backtest: Callable[[ModelName], Backtests], span: int
) -> ModelSelection:
    """Try the models in order and select one.

    Args:
        fit: fits a model to what is known today.
        backtest: runs a model's back-tests.
        span: days of data.
    """
    candidates: list[CandidateModel] = []
    for model_name in PURCHASE_MODELS:
        candidates.append(_candidate(model_name, fit(model_name), backtest, span))
        if candidates[-1].status == "validated":
            break
    used = _used(candidates)
    if used is None:
        plainest = candidates[-1]
        assert plainest.fit is not None
        return ModelSelection(
            candidates, None, plainest.fit, backtest(plainest.model_name), f"No model can be used: {plainest.reason}."
        )
    assert used.fit is not None and used.backtests is not None
    reason_in_words = _selection_reason(candidates, used)
    candidates[candidates.index(used)] = replace(used, reason=_reason_used(used, candidates))
    not_tried = f"not tried: {TITLES[used.model_name]} comes before it and is validated"
    candidates += [
        CandidateModel(model_name, NOT_NEEDED, not_tried) for model_name in PURCHASE_MODELS[len(candidates) :]
    ]
    return ModelSelection(candidates, used.model_name, used.fit, used.backtests, reason_in_words)


def backtest_reason(summary: Summary, possible: int, span: int, horizon: int, unit: str) -> str:
    """Return what the back-tests of a fitted model show, in words. Its published status follows from the same figures.

    Args:
        summary: the back-tests of all origins.
        possible: origins in the past, whether a back-test was possible there or not.
        span: days of data.
        horizon: days predicted.
        unit: what the forecasts count.
    """
    if summary.origins < MINIMUM_ORIGINS or summary.model is None or summary.naive is None:
        return _too_few(summary.origins, possible, span)
    mae, naive, bias = summary.model.mae, summary.naive.mae, summary.model.bias
    assert mae is not None and naive is not None and bias is not None
    return (
        f"in back-tests its forecasts of {horizon} days missed by {mae:.4g} {unit} a customer, which is "
        f"{'less' if mae < naive else 'not less'} than the naive rate's {naive:.4g}, and {_total(bias)}"
    )


def _candidate(
    model_name: ModelName, found: Fit, backtest: Callable[[ModelName], Backtests], span: int
) -> CandidateModel:
    if found.model is None:
        return CandidateModel(model_name, found.status, found.reason, found)
    results = backtest(model_name)
    summary = results.summary(PURCHASES, found.status)
    if model_name == "naive_rate" and summary.origins >= MINIMUM_ORIGINS:
        said = "it is what the others are compared with, and cannot be better than itself"
    else:
        said = backtest_reason(summary, len(results.results.get(PURCHASES, ())), span, CHURN_HORIZON, "order days")
    reason = "; ".join(text for text in (said, found.reason) if text)
    return CandidateModel(model_name, published_status(summary, found.status), reason, found, results)


def _used(candidates: Sequence[CandidateModel]) -> CandidateModel | None:
    fitted = [candidate for candidate in candidates if candidate.is_fitted]
    for candidate in fitted:
        if candidate.status == "validated":
            return candidate
    measured = [(error, candidate) for candidate in fitted if (error := candidate.relative_mae) is not None]
    if measured:
        return min(measured, key=lambda pair: pair[0])[1]  # the first of equal ones
    return fitted[0] if fitted else None


def _reason_used(used: CandidateModel, candidates: Sequence[CandidateModel]) -> str:
    """Return the reason of the model in use and, if it is not validated, why it is used nevertheless."""
    if used.status == "validated":
        return used.reason
    if sum(candidate.is_fitted for candidate in candidates) == 1:
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


def _selection_reason(candidates: Sequence[CandidateModel], used: CandidateModel) -> str:
    """Return why the model in use is used, then why each model before it is not."""
    before = candidates[: candidates.index(used)]
    said = [_sentence(used.model_name, "is used", _reason_used(used, candidates))]
    return " ".join([*said, *(_sentence(candidate.model_name, "is not", candidate.reason) for candidate in before)])


def _sentence(model_name: ModelName, verb: str, reason: str) -> str:
    title = TITLES[model_name]
    return f"{title[0].upper()}{title[1:]} {verb}: {reason}."


def _total(bias: float) -> str:
    limit = f", beyond the {100 * LARGEST_BIAS:.0f} % allowed" if abs(bias) > LARGEST_BIAS else ""
    percent = f"{100 * abs(bias):.1f}"
    if percent == "0.0":
        return "were right in total to within 0.1 %"
    return f"were {percent} % too {'high' if bias > 0 else 'low'} in total{limit}"
