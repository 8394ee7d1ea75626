"""What was known of a customer at a past day, and what came after."""

from datetime import date

import numpy as np

from spark_jobs.scores.histories import Histories, day_number, grouped


def made(*rows: tuple[int, str, int, float]) -> Histories:
    key, currency, day, amount = zip(*rows, strict=True)
    return Histories(np.array(key), np.array(currency, dtype=object), np.array(day), np.array(amount))


def test_a_snapshot_knows_nothing_of_the_days_after_it() -> None:
    found = made((7, "USD", 10, 5.0), (7, "USD", 30, 9.0), (7, "USD", 20, 7.0)).at(25)
    assert (found.n.tolist(), found.x.tolist(), found.t_x.tolist(), found.t.tolist()) == ([2], [1], [10], [15])
    assert (found.s.tolist(), found.ss.tolist()) == ([12.0], [74.0])


def test_customers_of_later_days_are_left_out_and_rows_may_come_in_any_order() -> None:
    chain = made((2, "CAD", 50, 1.0), (1, "USD", 40, 3.0), (2, "CAD", 20, 2.0), (3, "USD", 90, 4.0))
    found = chain.at(45)
    assert found.currency.tolist() == ["USD", "CAD"]
    assert (found.t.tolist(), found.s.tolist()) == ([5, 25], [3.0, 2.0])
    assert found.currencies == ["CAD", "USD"]


def test_the_future_begins_the_day_after_and_ends_with_the_horizon() -> None:
    chain = made(*((1, "USD", day, 1.0) for day in (10, 20, 21, 50, 51)))
    origin = chain.at(20)
    assert chain.days_after(origin, 20, 30).tolist() == [2]
    assert chain.amount_after(origin, 20, 31).tolist() == [3.0]


def test_what_is_refunded_on_other_days_is_money_and_not_a_day() -> None:
    rows = [(1, 10, 5.0, True), (1, 12, -2.0, False), (1, 20, 7.0, True), (1, 30, -9.0, False), (2, 5, -1.0, False)]
    key, day, amount, active = (np.array(column) for column in zip(*rows, strict=True))
    chain = Histories(key, np.array(["USD"] * 5, dtype=object), day, amount, active)
    found = chain.at(25)
    assert (found.n.tolist(), found.t_x.tolist(), found.t.tolist()) == ([2], [10], [15])
    assert (found.s.tolist(), found.ss.tolist()) == ([10.0], [74.0])
    assert chain.at(11).s.tolist() == [5.0]
    assert (chain.days_after(found, 25, 30).tolist(), chain.amount_after(found, 25, 30).tolist()) == ([0], [-9.0])


def test_no_customers_at_all() -> None:
    nobody = Histories(np.array([], dtype=int), np.array([], dtype=object), np.array([], dtype=int), np.array([]))
    found = nobody.at(100)
    assert (len(found.n), found.currencies) == (0, [])
    assert len(nobody.days_after(found, 100, 30)) == 0


def test_days_before_1970_are_negative() -> None:
    assert day_number(date(1969, 12, 31)) == -1


def test_equal_rows_are_counted_together_in_order() -> None:
    assert [column.tolist() for column in grouped([2, 1, 2], [0, 5, 0])] == [[1, 2], [5, 0], [1, 2]]
