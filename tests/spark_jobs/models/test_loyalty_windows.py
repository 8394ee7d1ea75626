"""Windows around an order: by hand, and against a plain loop over a simulated chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spark_jobs.models.loyalty_windows import SUMS, Comparisons, CustomerDays, comparisons, strata
from tests.spark_jobs.models import loyalty_simulation as simulation
from tests.spark_jobs.models.loyalty_simulation import DAYS, Chain

LAUNCH = 50


def history(*visits: tuple[int, int, float, bool]) -> CustomerDays:
    """(customer, day, net sales, loyal) per visit, one order each."""
    customer, day, net_sales, loyal = (np.array(column) for column in zip(*visits, strict=True))
    return CustomerDays(
        customer=customer.astype(np.int64),
        day=day.astype(np.int64),
        orders=np.ones(len(day)),
        net_sales=net_sales.astype(np.float64),
        is_loyal=loyal.astype(bool),
    )


def named(found: Comparisons) -> list[dict[str, Any]]:
    rows = [dict(zip(SUMS, row.tolist(), strict=True)) for row in found.sums]
    return [row | {"treated": bool(treated)} for row, treated in zip(rows, found.treated, strict=True)]


def test_the_anchor_is_in_no_window_and_the_windows_end_where_they_should() -> None:
    days = [(1, 0, 1), (1, 120, 2), (1, 209, 4), (1, 210, 8), (1, 300, 1000), (1, 301, 16), (1, 390, 32), (1, 391, 64)]
    found = comparisons(history(*((who, day, net, day == 300) for who, day, net in days)), LAUNCH, 1000)
    (joining,) = [row for row in named(found) if row["treated"]]
    assert joining["earlier_net_sales"] == 2 + 4  # days 120 to 209
    assert joining["before_net_sales"] == 8  # days 210 to 299
    assert joining["after_net_sales"] == joining["member_net_sales"] == 16 + 32  # days 301 to 390
    assert (joining["anchors"], joining["after_active_days"]) == (1, 2)


def test_a_visit_before_the_programme_began_is_no_comparison() -> None:
    visits = [(1, 0, 5, False), (1, 100, 5, False), (1, 120, 5, False)]
    assert [len(comparisons(history(*visits), launch, 1000).stratum) for launch in (100, 101, 121)] == [2, 1, 0]


def test_nobody_is_compared_after_joining_nor_with_half_a_window() -> None:
    days = [(1, 0, 5), (1, 89, 5), (1, 90, 5), (1, 200, 5), (1, 250, 5), (1, 400, 5)]
    found = comparisons(history(*((who, day, net, day == 200) for who, day, net in days)), LAUNCH, 290)
    assert sorted(row["treated"] for row in named(found)) == [False, True]  # days 90 and 200
    assert len(comparisons(history(*((who, day, net, day == 200) for who, day, net in days)), LAUNCH, 289).stratum) == 1


def test_a_control_who_joins_later_stays_and_the_loyal_part_is_kept_apart() -> None:
    found = comparisons(
        history((1, 0, 1, False), (1, 100, 2, False), (1, 150, 4, True), (1, 160, 8, False)), LAUNCH, 1000
    )
    control = next(row for row in named(found) if not row["treated"])
    assert control["after_net_sales"] == 4 + 8
    assert control["member_net_sales"] == 8  # the joining order itself came about without membership


def test_anchors_of_a_customer_in_one_stratum_are_added_up() -> None:
    # 14 visits behind one another: those with 10 and 11 before them share a stratum, and those with 12 to 14.
    days = [(1, 0, 1.0, False)] + [(1, 100 + step, 1.0, False) for step in range(14)]
    found = comparisons(history(*days), 0, 1000)
    assert found.sums[:, 0].sum() == 14
    assert sorted(found.sums[:, 0]) == [1] * 9 + [2, 3]
    assert len(np.unique(found.stratum)) == len(found.stratum)


def test_strata_follow_the_calendar_quarter_the_tenure_and_the_visits() -> None:
    first_of = np.array(["1969-12-31", "1970-01-01", "1970-03-31", "1970-04-01"], dtype="datetime64[D]").astype(
        np.int64
    )
    codes = strata(first_of, np.full(4, 100), np.full(4, 3))
    assert [codes[1] == codes[0], codes[2] == codes[1], codes[3] == codes[2]] == [False, True, False]
    same = np.zeros(6, dtype=np.int64)
    assert len(np.unique(strata(same, np.array([90, 179, 180, 364, 365, 9999]), same))) == 4
    assert len(np.unique(strata(same, same + 100, np.array([0, 1, 10, 11, 12, 14])))) == 4


def test_nothing_in_nothing_out() -> None:
    empty = history((1, 0, 1, False))
    assert len(comparisons(empty, LAUNCH, 1000).stratum) == 0
    nobody = CustomerDays(**{name: getattr(empty, name)[:0] for name in CustomerDays.__dataclass_fields__})
    assert comparisons(nobody, LAUNCH, 1000).sums.shape == (0, len(SUMS))


@pytest.mark.parametrize("shift", [0, -20_000, 2_900_000])
def test_a_plain_loop_over_a_chain_finds_the_same(shift: int) -> None:
    days = Chain(customers=25, join_chance=0.2).days(11)
    moved = replace(days, day=days.day + shift)
    found = comparisons(moved, simulation.LAUNCH + shift, DAYS - 1 + shift)
    expected = plain_loop(moved, simulation.LAUNCH + shift, DAYS - 1 + shift)
    assert len(found.stratum) == len(expected) > 100
    for key, sums in zip(
        zip(found.customer.tolist(), found.stratum.tolist(), found.treated.tolist(), strict=True),
        found.sums,
        strict=True,
    ):
        np.testing.assert_allclose(sums, expected[key], atol=1e-8)


def plain_loop(days: CustomerDays, launch_day: int, as_of_day: int) -> dict[tuple[int, int, bool], Any]:
    expected: dict[tuple[int, int, bool], Any] = {}
    for customer in np.unique(days.customer):
        own = np.flatnonzero(days.customer == customer)
        visits = [
            (days.day[row], np.array([days.orders[row], days.net_sales[row], 1.0]), days.is_loyal[row]) for row in own
        ]
        joined = min((day for day, _, loyal in visits if loyal), default=10**9)
        first = visits[0][0]
        for day, _, _ in visits:
            if not launch_day <= day <= joined or day - first < 90 or day > as_of_day - 90:
                continue
            windows = [np.zeros(3) for _ in range(4)]
            for other, amounts, _ in visits:
                distance = other - day
                if -180 <= distance <= -91:
                    windows[0] += amounts
                elif -90 <= distance <= -1:
                    windows[1] += amounts
                elif 1 <= distance <= 90:
                    windows[2] += amounts
                    windows[3] += amounts if other > joined else 0
            seen = sum(launch_day <= other < day for other, _, _ in visits)
            stratum = strata(np.array([day]), np.array([day - first]), np.array([seen]))
            key = (int(customer), int(stratum[0]), bool(day == joined))
            expected[key] = expected.get(key, 0) + np.concatenate([[1.0], *windows])
    return expected
