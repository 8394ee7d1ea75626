"""Who gets in, who sees single customers, and what the others see instead of a user id."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st
from streamlit import config

from mwaa.local_runner.dashboard import server_environment, server_options
from mwaa.local_runner.environment import State
from streamlit_dashboard import access, pseudonyms
from streamlit_dashboard.access import CUSTOMERS, Refusal, Viewer
from streamlit_dashboard.customer_list import identity_columns, name_customers
from tests.streamlit_dashboard.conftest import texts

ACCESS = {"allowed_groups": ["staff"], "customer_groups": ["crm"]}
KEY = "ab" * 32


def decide(**given):
    arguments = {"login": True, "local": False, "address": None, "proxy": None, "claims": None, "access": ACCESS}
    return access.decide(**{**arguments, "now": 1000.0, **given})


def claims(*groups: str, **more):
    return {"email": "kim@example.com", "cognito:groups": list(groups), "exp": 2000, **more}


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_without_a_login_this_machine_alone_gets_in(address):
    viewer = decide(login=False, local=True, address=address)
    assert isinstance(viewer, Viewer)
    assert viewer.local


@pytest.mark.parametrize("proxy", [None, "X-Forwarded-For"])
@pytest.mark.parametrize("address", ["127.0.0.1", None, "0.0.0.0", "10.0.0.4"])
@pytest.mark.parametrize("local", [True, False])
def test_without_a_login_flag_address_and_proxy_must_all_say_local(local, address, proxy):
    decided = decide(login=False, local=local, address=address, proxy=proxy)
    if local and address == "127.0.0.1" and proxy is None:
        assert isinstance(decided, Viewer)
        return
    assert isinstance(decided, Refusal) and not decided.login
    assert "no login, and " in decided.reason and "Add an [auth] section" in decided.reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"local": False, "address": "127.0.0.1"}, "(BUSINESS_INSIGHTS_DASHBOARD_LOCAL is not 1)"),
        ({"local": True, "address": None}, "reached from other machines (server.address is not set)"),
        ({"local": True, "address": "0.0.0.0"}, "(server.address is 0.0.0.0)"),
        ({"local": True, "address": "127.0.0.1", "proxy": "Via"}, "came through a proxy (Via)"),
    ],
)
def test_the_refusal_says_what_is_not_local(given, reason):
    assert reason in decide(login=False, **given).reason


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-Ip", "CF-Connecting-IP",
     "X-Amzn-Trace-Id", "X-Amz-Cf-Id", "True-Client-Ip", "X-Envoy-External-Address"],
)  # fmt: skip
def test_every_proxy_s_header_counts(header):
    assert access.proxy_sign({"Host": "127.0.0.1:8501", header: "1.2.3.4"}) == header


@pytest.mark.parametrize(
    ("host", "sign"),
    [
        ("127.0.0.1:8501", None),
        ("localhost", None),
        ("[::1]:8501", None),
        ("dashboards.example.com", "Host: dashboards.example.com"),
        ("127.0.0.1.example.com:80", "Host: 127.0.0.1.example.com:80"),
        ("[fe80::1]:8501", "Host: [fe80::1]:8501"),
    ],
)
def test_a_name_that_is_not_this_machine_s_is_a_proxy_s(host, sign):
    assert access.proxy_sign({"host": host, "user-agent": "Firefox", "Origin": "http://x"}) == sign


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


def test_loopback_alone_shows_nothing(published, open_page, monkeypatch):
    monkeypatch.delenv(access.LOCAL_VARIABLE)
    app = open_page("mart_customer_lifetime_value")
    assert "was not started for this machine only" in app.error[0].value
    assert not app.metric and not app.dataframe


def test_a_request_through_a_proxy_shows_nothing(published, open_page, monkeypatch):
    monkeypatch.setattr(type(st.context), "headers", property(lambda _: {"X-Forwarded-For": "10.1.2.3"}))
    app = open_page("mart_customer_lifetime_value")
    assert "came through a proxy (X-Forwarded-For)" in app.error[0].value
    assert not app.metric and not app.dataframe


def test_make_dashboard_starts_it_for_this_machine_only(tmp_path):
    environment = server_environment(State(tmp_path), {})
    assert environment[access.LOCAL_VARIABLE] == "1"
    assert server_options(8501)[:2] == ["--server.address", "127.0.0.1"]


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
