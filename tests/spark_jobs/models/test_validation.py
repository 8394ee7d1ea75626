"""Metrics on grouped rows: equal to their plain definitions on one row a customer, ties included."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from spark_jobs.models import validation

COUNTS = [validation.bias, validation.mae, validation.spearman, validation.top_decile_capture]
PROBABILITIES = [validation.brier, validation.ece, validation.auc]


@pytest.fixture
def rows():
    """400 groups full of ties: predictions, counts, 0/1 outcomes, weights."""
    rng = np.random.default_rng(4)
    predicted = rng.integers(0, 11, 400) / 10
    return predicted, rng.poisson(2 * predicted).astype(float), rng.binomial(1, predicted), rng.integers(1, 9, 400)


def one_row_each(*columns, weights):
    return [np.repeat(column, weights) for column in columns]


def test_grouped_rows_give_what_one_row_a_customer_gives(rows):
    predicted, counts, happened, weights = rows
    for metrics, outcomes in ((COUNTS, counts), (PROBABILITIES, happened)):
        single = one_row_each(predicted, outcomes, weights=weights)
        for metric in metrics:
            grouped = metric(predicted, outcomes, weights)
            assert grouped == pytest.approx(metric(*single, np.ones(len(single[0])))), metric.__name__


def test_metrics_equal_their_definitions(rows):
    predicted, counts, happened, weights = rows
    p, y, e = one_row_each(predicted, counts, happened, weights=weights)
    assert validation.bias(predicted, counts, weights) == pytest.approx(p.sum() / y.sum() - 1)
    assert validation.mae(predicted, counts, weights) == pytest.approx(np.abs(p - y).mean())
    assert validation.spearman(predicted, counts, weights) == pytest.approx(spearmanr(p, y).statistic)
    assert validation.brier(predicted, happened, weights) == pytest.approx(((p - e) ** 2).mean())
    pairs = (e == 1).sum() * (e == 0).sum()
    u = mannwhitneyu(p[e == 1], p[e == 0]).statistic / pairs
    assert validation.auc(predicted, happened, weights) == pytest.approx(u)


def test_auc_counts_a_tie_as_half():
    assert validation.auc([0.2, 0.2, 0.9], [0, 1, 1], [1, 1, 1]) == pytest.approx(0.75)
    assert validation.auc([5, 5], [0, 1], [3, 2]) == pytest.approx(0.5)
    assert validation.auc([1, 2], [0, 1], [3, 2]) == 1 and validation.auc([2, 1], [0, 1], [3, 2]) == 0


def test_calibration_error_weighs_the_gap_of_each_bin():
    # Bin 0.0–0.1: promised 0.05, happened 0.25 (4 customers). Bin 0.9–1.0 (1.0 included): promised 1, happened 1.
    assert validation.ece([0.05, 0.05, 1.0], [1, 0, 1], [1, 3, 6]) == pytest.approx(0.4 * 0.2)
    assert validation.ece([0.3] * 2, [1, 0], [3, 7]) == pytest.approx(0)


def test_top_decile_capture_shares_the_tie_it_ends_in():
    assert validation.top_decile_capture([9, 1], [5, 1], [1, 9]) == pytest.approx(5 / 14)
    # 20 customers: the tenth is 2 of the 4 with the highest prediction, who hold 8 of 10 days.
    assert validation.top_decile_capture([7, 7, 1], [4, 0, 1], [2, 2, 16]) == pytest.approx(4 / 24)


def test_highest_share_flags_exactly_the_volume():
    share = validation.highest_share([3, 1, 2, 2], [10, 40, 5, 15], volume=20)
    np.testing.assert_allclose(share, [1, 0, 0.5, 0.5])
    np.testing.assert_allclose(validation.highest_share([3, 1], [10, 40], 0), 0)
    np.testing.assert_allclose(validation.highest_share([3, 1], [10, 40], 99), 1)


def test_precision_and_recall_take_shares():
    precision, recall = validation.precision_recall([1, 0.5, 0], [1, 0, 1], [6, 4, 2])
    assert (precision, recall) == (pytest.approx(6 / 8), pytest.approx(6 / 8))


def test_best_threshold_separates_and_ignores_prevalence():
    scores, outcomes = [0.1, 0.2, 0.6, 0.8], [0, 0, 1, 1]
    for weights in ([1, 1, 1, 1], [900, 50, 1, 2], [1, 2, 900, 50]):
        assert validation.best_threshold(scores, outcomes, weights) == pytest.approx(0.4)
    # 0.6 flags 3 of 4 of one kind and 1 of 4 of the other; no other cut does better.
    mixed = validation.best_threshold([0.1, 0.1, 0.7, 0.7], [1, 0, 1, 0], [1, 3, 3, 1])
    assert mixed == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("scores", "outcomes"), [([0.5, 0.5], [0, 1]), ([0.1, 0.9], [1, 1]), ([0.1, 0.9], [1, 0]), ([], [])]
)
def test_best_threshold_is_none_where_nothing_separates(scores, outcomes):
    assert validation.best_threshold(scores, outcomes, np.ones(len(scores))) is None


def test_undefined_metrics_are_none():
    nobody = ([], [], [])
    assert [metric(*nobody) for metric in COUNTS + PROBABILITIES] == [None] * 7
    nothing_happened = ([0.4, 0.2], [0, 0], [5, 5])
    assert validation.bias(*nothing_happened) is None and validation.auc(*nothing_happened) is None
    assert validation.spearman(*nothing_happened) is None and validation.top_decile_capture(*nothing_happened) is None
    assert validation.spearman([1, 1], [0, 3], [2, 2]) is None
    assert validation.precision_recall([0, 0], [0, 0], [2, 2]) == (None, None)


def test_rows_without_weight_do_not_count():
    assert validation.mae([1, 100], [2, 0], [3, 0]) == pytest.approx(1)


def test_nan_and_uneven_columns_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        validation.mae([float("nan")], [1], [1])
    with pytest.raises(ValueError, match=r"\(2,\), \(1,\), \(2,\)"):
        validation.mae([1, 2], [1], [1, 1])


def test_weighted_quantile_is_the_smallest_value_reached():
    values, weights = [30, 10, 20], [10, 10, 10]
    np.testing.assert_array_equal(
        validation.weighted_quantile(values, weights, [0, 1 / 3, 0.34, 0.9, 1]), [10, 10, 20, 30, 30]
    )
    assert validation.weighted_quantile(np.arange(1, 31), np.ones(30), 0.1) == 3
