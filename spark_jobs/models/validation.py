"""How good predictions were, on grouped rows: a row represents `weights` customers, and equal predictions are ties.

Every metric takes (predictions, outcomes, weights) as arrays of one length and returns None where it is undefined
(no customers, no outcome of one kind, nothing to rank): never a zero that means "unknown". Grouping rows that share
prediction and outcome changes no metric.
"""

from collections.abc import Callable

import numpy as np

from spark_jobs.models.rates import Floats, Values

Metric = Callable[[Values, Values, Values], float | None]
CALIBRATION_BINS = 10


def bias(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Predicted over realised total, minus one: +0.10 = ten percent too much."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    realised = float(w @ actual)
    return float(w @ predicted) / realised - 1 if realised > 0 else None


def mae(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Mean absolute error per customer."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    return _mean(np.abs(predicted - actual), w)


def spearman(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Rank correlation; ties share the middle of their ranks."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    if not len(w):
        return None
    first, second = _middle_ranks(predicted, w), _middle_ranks(actual, w)
    first, second = first - np.average(first, weights=w), second - np.average(second, weights=w)
    spread = float(np.sqrt((w @ first**2) * (w @ second**2)))
    return float(w @ (first * second)) / spread if spread > 0 else None


def top_decile_capture(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Share of all outcomes that fell to the tenth of customers with the highest predictions.

    Where the tenth ends within a tie, the tied customers count in proportion, as if drawn at random.
    """
    predicted, actual, w = _rows(predictions, outcomes, weights)
    realised = float(w @ actual)
    if realised <= 0:
        return None
    return float((w * highest_share(predicted, w, 0.1 * float(w.sum()))) @ actual) / realised


def brier(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Mean squared error of a probability against what happened (0 or 1)."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    return _mean((predicted - actual) ** 2, w)


def ece(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Expected calibration error: mean gap between promised and realised frequency over ten equally wide bins."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    if not len(w):
        return None
    bins = np.clip((predicted * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, w * (predicted - actual), CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / w.sum())


def auc(predictions: Values, outcomes: Values, weights: Values) -> float | None:
    """Probability that a customer with outcome 1 was scored above one with outcome 0; a tie counts one half."""
    predicted, actual, w = _rows(predictions, outcomes, weights)
    positive, negative = float(w @ actual), float(w @ (1 - actual))
    if positive <= 0 or negative <= 0:
        return None
    ranks = _middle_ranks(predicted, w)
    # The mean rank of the positives, less what they would have among themselves, counts the negatives below them.
    return (float((w * actual) @ ranks) / positive - positive / 2) / negative


def precision_recall(flagged: Values, outcomes: Values, weights: Values) -> tuple[float | None, float | None]:
    """Share of the flagged with outcome 1, and share of outcome 1 that was flagged; `flagged` in [0, 1] per row."""
    share, actual, w = _rows(flagged, outcomes, weights)
    caught = float((w * share) @ actual)
    volume, positive = float(w @ share), float(w @ actual)
    return (caught / volume if volume > 0 else None), (caught / positive if positive > 0 else None)


def best_threshold(scores: Values, outcomes: Values, weights: Values) -> float | None:
    """Score at and above which flagging best tells outcome 1 from 0 (Youden's J: recall + specificity − 1).

    J does not depend on how common the outcome is, so "flag everybody" never wins. The threshold is half way
    between two neighbouring scores. Returns None if all scores or all outcomes are equal, or no threshold separates.
    """
    score, actual, w = _rows(scores, outcomes, weights)
    positive, negative = float(w @ actual), float(w @ (1 - actual))
    if positive <= 0 or negative <= 0:
        return None
    values, codes = np.unique(score, return_inverse=True)
    gain = np.bincount(codes, w * actual, len(values)) / positive
    loss = np.bincount(codes, w * (1 - actual), len(values)) / negative
    above = np.cumsum((gain - loss)[::-1])[::-1]  # J when flagging values[i] and up
    if len(values) < 2 or above[1:].max() <= 0:
        return None
    best = 1 + int(np.argmax(above[1:]))
    return float((values[best - 1] + values[best]) / 2)


def highest_share(scores: Values, weights: Values, volume: float) -> Floats:
    """For each row the share of its customers that are among the `volume` with the highest scores; ties share."""
    score, w = np.asarray(scores, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    values, codes = np.unique(score, return_inverse=True)
    mass = np.bincount(codes, w, len(values))
    above = w.sum() - np.cumsum(mass)
    room = np.clip(volume - above, 0.0, mass)
    return np.divide(room, mass, out=np.zeros_like(mass), where=mass > 0)[codes]


def weighted_quantile(values: Values, weights: Values, q: Values) -> Floats:
    """Return the smallest value with a share q of the weight at or below it (q one or several; values not empty)."""
    value, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(value, kind="stable")
    reached = np.cumsum(w[order])
    # A hair's breadth of slack: 0.1 × 30 customers is the third, not the fourth, however floats round.
    position = np.searchsorted(reached, np.asarray(q, dtype=np.float64) * reached[-1] * (1 - 1e-12), side="left")
    return value[order][np.minimum(position, len(value) - 1)]


def _rows(predictions: Values, outcomes: Values, weights: Values) -> tuple[Floats, Floats, Floats]:
    predicted, actual, w = (np.asarray(value, dtype=np.float64) for value in (predictions, outcomes, weights))
    if not predicted.shape == actual.shape == w.shape:
        raise ValueError(
            f"predictions, outcomes and weights have shapes {predicted.shape}, {actual.shape}, {w.shape}: "
            "pass one row a group"
        )
    if np.isnan(predicted).any() or np.isnan(actual).any():
        raise ValueError("predictions or outcomes hold NaN: leave customers without a prediction out before judging")
    counted = w > 0
    return predicted[counted], actual[counted], w[counted]


def _mean(values: Floats, w: Floats) -> float | None:
    return float(np.average(values, weights=w)) if len(w) else None


def _middle_ranks(values: Floats, w: Floats) -> Floats:
    """Middle of the ranks that each row's tied customers hold together, ranks measured as weight below."""
    distinct, codes = np.unique(values, return_inverse=True)
    mass = np.bincount(codes, w, len(distinct))
    return (np.cumsum(mass) - mass / 2)[codes]
