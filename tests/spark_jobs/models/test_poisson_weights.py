import numpy as np

from spark_jobs.models.poisson_weights import poisson_weights

KEYS = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 5_000)


def test_counts_are_poisson_with_mean_one() -> None:
    weights = poisson_weights(KEYS).astype(float)
    assert weights.shape == (5_000, 200)
    assert abs(weights.mean() - 1) < 0.005
    assert abs(weights.var() - 1) < 0.01
    assert abs((weights == 0).mean() - np.exp(-1)) < 0.002
    assert weights.max() <= 9


def test_replicates_and_customers_are_independent() -> None:
    weights = poisson_weights(KEYS).astype(float)
    between_replicates = np.corrcoef(weights.T)[np.triu_indices(200, 1)]
    assert abs(between_replicates).max() < 0.08
    assert abs(np.corrcoef(poisson_weights(np.arange(5_000)).T.astype(float))[0, 1:]).max() < 0.08


def test_a_customer_has_the_same_weights_in_any_company() -> None:
    some = KEYS[[17, 3, 99]]
    np.testing.assert_array_equal(poisson_weights(some), poisson_weights(KEYS)[[17, 3, 99]])
    np.testing.assert_array_equal(poisson_weights(some, 30), poisson_weights(some)[:, :30])


def test_the_weights_of_a_key_never_change() -> None:
    # A published interval must come out again: other numbers here mean that every interval moves.
    assert poisson_weights(np.array([42, -1]), 8).tolist() == [[1, 0, 0, 2, 3, 1, 2, 0], [0, 0, 1, 2, 1, 2, 3, 2]]
