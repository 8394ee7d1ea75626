"""What filters need beside the sample: another currency, a second page of customers, more items than are shown."""

from __future__ import annotations

from datetime import date, timedelta

from tests.dags.gold.harness import Row, line
from tests.streamlit_dashboard.lake import LAST_DAY

CANADIAN_STORE = "64d1f00dbeef0a0017c0ffee"
ONE_TIME_CUSTOMERS = 60
DAILY_SPECIALS = 20
TWO_CURRENCIES = "once-00"
REPORTS = {date(2024, 2, 17): "A quiet Saturday", LAST_DAY: "A busy Sunday"}


def more_lines() -> list[Row]:
    """Customers who came once, each for a special that the days before and after do not have; a store in Canada."""
    return [*_specials(), *_canadian()]


def _specials() -> list[Row]:
    return [
        _line(
            f"special-{n}",
            LAST_DAY - timedelta(days=n + n // DAILY_SPECIALS * 60),
            user_id=f"once-{n:02d}",
            restaurant_id="63bc98a7519adc105105a990",
            item_name=f"Special {n % DAILY_SPECIALS:02d}",
            item_category="Specials",
            item_category_source="Specials",
            source_id=1_000 + n,
            price=20 + n / 4,
        )
        for n in range(ONE_TIME_CUSTOMERS)
    ]


def _canadian() -> list[Row]:
    return [
        _line(
            f"maple-{n}",
            LAST_DAY - timedelta(days=5 * n),
            user_id=f"once-{n % 4:02d}",
            restaurant_id=CANADIAN_STORE,
            currency="CAD",
            item_name="Poutine",
            item_category="Fries",
            item_category_source="Fries",
            source_id=2_000 + n,
            price=12.25,
        )
        for n in range(24)
    ]


def _line(order_id: str, day: date, *, price: float, **fields: object) -> Row:
    return line(order_id, price, day.isoformat(), order_date=day, **fields)
