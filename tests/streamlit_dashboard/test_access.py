"""Who gets in, who sees single customers, and what the others see instead of a user id."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit import config

from streamlit_dashboard import access, pseudonyms
from streamlit_dashboard.access import CUSTOMERS, Refusal, Viewer
from streamlit_dashboard.customer_list import identity_columns, name_customers
from tests.streamlit_dashboard.conftest import texts

ACCESS = {"allowed_groups": ["staff"], "customer_groups": ["crm"]}
KEY = "ab" * 32


def decide(**given):
    arguments = {"login": True, "address": None, "forwarded": False, "claims": None, "access": ACCESS, "now": 1000.0}
    return access.decide(**{**arguments, **given})


def claims(*groups: str, **more):
    return {"email": "kim@example.com", "cognito:groups": list(groups), "exp": 2000, **more}


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_without_a_login_this_machine_alone_gets_in(address):
    viewer = decide(login=False, address=address)
    assert isinstance(viewer, Viewer)
    assert viewer.local


@pytest.mark.parametrize(
    ("address", "forwarded"), [(None, False), ("0.0.0.0", False), ("10.0.0.4", False), ("127.0.0.1", True)]
)
def test_without_a_login_other_machines_are_refused(address, forwarded):
    assert isinstance(decide(login=False, address=address, forwarded=forwarded), Refusal)


def test_before_the_login_there_is_only_the_login():
    assert decide() == Refusal("Log in to see the dashboards.", login=True)


def test_an_expired_login_is_asked_again():
    refused = decide(claims=claims("staff", exp=999))
    assert isinstance(refused, Refusal)
    assert refused.login


@pytest.mark.parametrize("groups", [(), ("others",), ("crm",)])
def test_only_allowed_groups_get_in(groups):
    assert isinstance(decide(claims=claims(*groups)), Refusal)


def test_no_allow_list_lets_nobody_in():
    assert isinstance(decide(claims=claims("staff"), access={}), Refusal)


@pytest.mark.parametrize(("groups", "roles"), [(("staff",), set()), (("staff", "crm"), {CUSTOMERS})])
def test_single_customers_are_for_their_group(groups, roles):
    viewer = decide(claims=claims(*groups))
    assert isinstance(viewer, Viewer)
    assert viewer.roles == roles


def test_one_group_may_come_as_text():
    assert isinstance(decide(claims=claims() | {"cognito:groups": "staff"}), Viewer)


def test_a_server_for_all_without_a_login_shows_nothing(published, open_page):
    config.set_option("server.address", None)
    app = open_page("mart_customer_lifetime_value")
    assert "can be reached from other machines" in app.error[0].value
    assert not app.metric
    assert not app.dataframe


@pytest.fixture
def plain_viewer(monkeypatch):
    monkeypatch.setattr(access, "decide", lambda **_: Viewer("kim@example.com", frozenset(), local=False))


def test_without_the_role_lists_hold_pseudonyms(published, plain_viewer, open_page):
    app = open_page("mart_customer_lifetime_value")
    listed = app.dataframe[-1].value
    assert "user_id" not in listed
    assert "token" not in listed
    assert listed["customer"].str.match(r"Customer [\w-]{8}$").all()


def test_without_the_role_a_link_to_a_customer_leads_nowhere(published, plain_viewer, open_page, tables):
    row = tables["mart_customer_lifetime_value"].slice(0, 1).to_pylist()[0]
    app = open_page("customer", customer=pseudonyms.token(row["app_name"], row["user_id"]))
    assert row["user_id"] not in texts(app)


def test_with_the_role_a_link_opens_the_history(published, open_page, tables):
    row = tables["mart_customer_lifetime_value"].slice(0, 1).to_pylist()[0]
    app = open_page("customer", customer=pseudonyms.token(row["app_name"], row["user_id"]))
    assert row["user_id"] in texts(app).replace("\\", "")
    history = app.dataframe[-1].value
    assert len(history) == row["active_days"]
    assert history["net_sales"].sum() == pytest.approx(float(row["net_sales"]))


def test_a_forged_link_is_no_customer(published, open_page):
    assert "This server does not know the customer of the link" in texts(open_page("customer", customer="AAAA"))


def test_tokens_lead_back_and_differ(monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, KEY)
    one, other = pseudonyms.token("Cafe", "ann"), pseudonyms.token("Cafe", "bob")
    assert one != other
    assert pseudonyms.token("Cafe", "ann") == one
    assert pseudonyms.customer(one) == ("Cafe", "ann")
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, "cd" * 32)
    assert pseudonyms.customer(one) is None


@pytest.mark.parametrize("text", ["abc", "zz" * 32, "ab" * 31])
def test_a_key_that_is_none_is_refused(text):
    with pytest.raises(pseudonyms.PseudonymKeyError, match="64 hexadecimal"):
        pseudonyms.key_from(text)


def test_names_hold_no_user_id_for_those_without_the_role():
    rows = pd.DataFrame({"app_name": ["Cafe"], "user_id": ["ann"], "net_sales": [1.0]})
    named = name_customers(rows, sees_customers=False)
    assert list(named) == ["net_sales", "customer"]
    assert [column.name for column in identity_columns(False)] == ["customer"]
