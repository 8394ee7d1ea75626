"""The loyalty effect against chains whose truth is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from spark_jobs.models import loyalty_windows
from spark_jobs.models.loyalty_effect import (
    METRICS,
    MINIMUM_CONTROLS,
    MINIMUM_TREATED,
    Effect,
    effects,
    no_totals,
    totals,
    without_estimate,
)  # fmt: skip
from spark_jobs.models.loyalty_windows import SUMS, Comparisons, comparisons
from tests.spark_jobs.models.loyalty_simulation import DAYS, LAUNCH, Chain

REPLICATIONS = 50
MEASURED = ("orders", "net_sales", "active_days")


def estimated(chain: Chain, seed: int) -> dict[str, Effect]:
    return {effect.metric: effect for effect in effects(totals(comparisons(chain.days(seed), LAUNCH, DAYS - 1)))}


@cache
def replications(chain: Chain, number: int = REPLICATIONS) -> list[dict[str, Effect]]:
    return [estimated(chain, seed) for seed in range(number)]


def hit_rate(found: list[dict[str, Effect]], metric: str, truth: float) -> float:
    ratios = [effects[metric].effect for effects in found]
    return float(np.mean([ratio is not None and ratio.lower <= truth <= ratio.upper for ratio in ratios]))


@pytest.mark.parametrize("truth", [1.0, 1.10, 1.25])
def test_the_interval_holds_the_true_effect(truth: float) -> None:
    found = replications(Chain(visit_effect=truth, basket_effect=1.05))
    assert {metric: hit_rate(found, metric, truth) >= 0.9 for metric in ("orders", "active_days")} == {
        "orders": True, "active_days": True,
    }  # fmt: skip
    assert hit_rate(found, "net_sales", truth * 1.05) >= 0.9
    assert hit_rate(found, "net_sales_per_order", 1.05) >= 0.9


@pytest.mark.parametrize("truth", [1.0, 1.10, 1.25])
def test_the_estimate_has_no_bias_to_speak_of(truth: float) -> None:
    ratios = [found["orders"].effect for found in replications(Chain(visit_effect=truth, basket_effect=1.05))]
    mean = np.mean([ratio.estimate for ratio in ratios if ratio is not None])
    assert mean == pytest.approx(truth, abs=0.02)


def test_the_placebo_lets_an_honest_chain_pass() -> None:
    found = replications(Chain(visit_effect=1.10, basket_effect=1.05))
    passed = {metric: np.mean([effects[metric].status == "identified" for effects in found]) for metric in METRICS}
    assert min(passed.values()) >= 0.85, passed


def test_the_placebo_catches_customers_who_join_in_a_burst_of_visits() -> None:
    found = replications(Chain(joins_in_bursts=True), 20)
    caught = {metric: np.mean([effects[metric].status == "not_identified" for effects in found]) for metric in METRICS}
    assert min(caught.values()) >= 0.9, caught


def test_without_visits_in_the_strata_a_programme_without_effect_seems_to_have_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eager = Chain(join_chance=0.2)
    with_visits = [estimated(eager, seed)["orders"].effect for seed in range(8)]
    monkeypatch.setattr(loyalty_windows, "VISIT_BANDS", (0,))
    without = [estimated(eager, seed)["orders"].effect for seed in range(8)]
    assert np.mean([ratio.estimate for ratio in with_visits if ratio]) < 1.05
    assert np.mean([ratio.estimate for ratio in without if ratio]) > 1.12


def test_the_same_history_gives_the_same_interval_in_any_row_order() -> None:
    found = comparisons(Chain().days(3), LAUNCH, DAYS - 1)
    flipped = Comparisons(*(getattr(found, name)[::-1] for name in Comparisons.__dataclass_fields__))
    one, other = effects(totals(found))[0], effects(totals(flipped))[0]
    assert one.effect == pytest.approx(other.effect, rel=1e-12)
    assert one.placebo == pytest.approx(other.placebo, rel=1e-12)


def one_stratum(controls: int, treated: int) -> Comparisons:
    """Controls with 10 orders in every window, treated with 10, 20 and 30."""
    side = np.array([False] * controls + [True] * treated)
    sums = np.full((len(side), len(SUMS)), 10.0)
    sums[:, 0] = 1
    for window, amount in (("before", 20.0), ("after", 30.0), ("member", 30.0)):
        sums[np.ix_(side, [SUMS.index(f"{window}_{measure}") for measure in MEASURED])] = amount
    sums[np.ix_(~side, [SUMS.index(f"member_{measure}") for measure in MEASURED])] = 0
    keys = np.arange(len(side), dtype=np.int64)
    return Comparisons(keys, np.zeros_like(keys), side, sums)


def test_the_ratios_by_hand() -> None:
    orders = effects(totals(one_stratum(controls=500, treated=400)))[0]
    assert orders.effect == pytest.approx((1.5, 1.5, 1.5))  # (30 / 20) / (10 / 10); every customer alike: no spread
    assert orders.placebo == pytest.approx((2, 2, 2))  # (20 / 10) / (10 / 10)
    assert orders.status == "not_identified"


def test_what_controls_buy_after_their_own_joining_is_taken_back_by_the_same_effect() -> None:
    found = one_stratum(controls=500, treated=400)
    found.sums[:500, SUMS.index("member_orders")] = 6  # 4 before their joining and 6 after, of 10
    orders = effects(totals(found))[0].effect
    assert orders is not None
    # T_after / θ = 30 / θ must be 2 (4 + 6 / θ): θ = (30 - 12) / 8
    assert orders.estimate == pytest.approx(2.25)


@pytest.mark.parametrize(
    ("controls", "treated", "compared"),
    [(MINIMUM_CONTROLS - 1, 100, 0), (MINIMUM_CONTROLS, MINIMUM_TREATED - 1, MINIMUM_TREATED - 1), (50, 0, 0)],
)
def test_too_few_on_either_side_give_a_status_and_no_figure(controls: int, treated: int, compared: int) -> None:
    added = totals(one_stratum(controls, treated))
    assert added.treated == compared
    assert {(effect.status, effect.effect, effect.placebo) for effect in effects(added)} == {
        ("insufficient_data", None, None)
    }


def test_one_customer_with_a_thousand_visits_does_not_stand_for_all_controls() -> None:
    found = one_stratum(controls=1000, treated=100)
    found.customer[:1000] = 7
    assert totals(found).treated == 0


def test_nothing_sold_in_a_window_gives_no_ratio() -> None:
    found = one_stratum(controls=100, treated=100)
    found.sums[:, SUMS.index("before_net_sales")] = 0
    statuses = {effect.metric: effect.status for effect in effects(totals(found))}
    assert statuses["net_sales"] == statuses["net_sales_per_order"] == "insufficient_data"
    assert statuses["orders"] == "not_identified"


def test_net_sales_per_order_is_identified_only_with_orders() -> None:
    found = one_stratum(controls=100, treated=100)
    assert [effect.status for effect in effects(totals(found))] == ["not_identified"] * len(METRICS)


def test_no_strata_at_all() -> None:
    added = no_totals()
    assert {effect.status for effect in effects(added)} == {"insufficient_data"}
    assert [effect.metric for effect in without_estimate("not_supported")] == list(METRICS)
