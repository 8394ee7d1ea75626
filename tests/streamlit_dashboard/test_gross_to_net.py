"""From gross sales to net in one sentence, on every page that totals net sales."""

from __future__ import annotations

import pytest

from streamlit_dashboard.gross_to_net import sentence
from streamlit_dashboard.navigation import page_files
from tests.streamlit_dashboard.conftest import OpenPage, texts
from tests.streamlit_dashboard.lake import STORES

PAGES = [page.name for page in page_files() if "gross_to_net.show(" in page.path.read_text(encoding="utf-8")]
AMOUNTS = {"gross_sales": 120.0, "discount_amount": 5.0, "refund_amount": 2.5, "net_sales": 112.5}


def test_the_steps_are_said_in_the_currency() -> None:
    assert sentence(AMOUNTS, "GBP") == (
        "Gross sales £120.00 less discounts £5.00 and refunds £2.50 make net sales £112.50."
    )


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_step_that_is_missing_leaves_the_sentence_out(name: str) -> None:
    assert sentence(AMOUNTS | {name: None}, "USD") == ""
    assert sentence({key: value for key, value in AMOUNTS.items() if key != name}, "USD") == ""


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("page", PAGES)
def test_pages_say_what_refunds_took_off(open_page: OpenPage, page: str) -> None:
    # The refund is of the first store.
    app = open_page(page, **({"store": STORES[0]} if page == "store" else {}))
    assert not app.exception
    said = texts(app).replace("\\", "")
    assert "Gross sales $" in said and "refunds $3.25 make net sales $" in said


@pytest.mark.usefixtures("published")
def test_the_ledger_has_the_money_and_the_rule(open_page: OpenPage) -> None:
    app = open_page("data_health")
    assert not app.exception
    shown = " ".join(str(frame.value.to_dict()) for frame in app.dataframe)
    assert "refund" in shown and ("4.25" in shown)
