from datetime import date, timedelta
from itertools import pairwise

from spark_jobs.scores.origins import past_origins, quarter_start

AS_OF = date(2024, 2, 17)


def test_four_years_give_eight_origins_of_which_four_have_a_whole_year_behind_them() -> None:
    found = past_origins(AS_OF, date(2020, 4, 1))
    assert len(found) == 8 and found == sorted(found)
    assert sum(origin + timedelta(days=365) <= AS_OF for origin in found) == 5
    assert all(later - earlier > timedelta(days=90) for earlier, later in pairwise(found))


def test_a_young_chain_has_few_origins_or_none() -> None:
    assert len(past_origins(AS_OF, AS_OF - timedelta(days=400))) == 2
    assert past_origins(AS_OF, AS_OF) == []


def test_quarters_begin_in_january_april_july_october() -> None:
    assert [quarter_start(date(2024, month, 30)).month for month in (1, 3, 4, 9, 12)] == [1, 1, 4, 7, 10]
    assert quarter_start(date(2024, 4, 1)) == date(2024, 4, 1)
