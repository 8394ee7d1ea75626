"""Who may see what.

Without a login the app serves its own machine only, and only when it was started for that (`make dashboard` sets
`BUSINESS_INSIGHTS_DASHBOARD_LOCAL=1`) and no proxy is in between. With one (Streamlit's OpenID Connect: an `[auth]`
section in the secrets) it serves the members of the allowed groups. Figures of single customers need another group.

    [access]
    groups_claim = "cognito:groups"              # where the identity token lists groups
    allowed_groups = ["business-insights"]       # only these groups see the dashboards
    customer_groups = ["business-insights-crm"]  # who sees user ids and order histories
    pseudonym_key = "…"                          # 64 hexadecimal letters
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCAL_VARIABLE = "BUSINESS_INSIGHTS_DASHBOARD_LOCAL"
"""Environment variable: `1` says that whoever started the server means it for the people at this machine only."""
PROXY_PREFIXES = ("x-forwarded-", "x-original-", "x-envoy-", "x-amzn-", "x-amz-cf-", "cf-")
PROXY_HEADERS = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "x-proxyuser-ip",
)
"""Headers that a browser never sends, in lower case: proxies and load balancers add them."""
CUSTOMERS = "customers"
"""The role that sees single customers: their user ids and order histories."""


@dataclass(frozen=True)
class Viewer:
    """Who looks at the pages. `local`: at the machine that the app runs on, without a login."""

    name: str
    roles: frozenset[str]
    local: bool

    @property
    def sees_customers(self) -> bool:
        return CUSTOMERS in self.roles


@dataclass(frozen=True)
class Refusal:
    """Why this viewer does not see the dashboards; `login` if logging in may help."""

    reason: str
    login: bool = False


def secret(section: str, name: str) -> Any:
    """Return one value of Streamlit's secrets; None without such a value, section or file."""
    try:
        return st.secrets[section][name] if section in st.secrets and name in st.secrets[section] else None
    except StreamlitSecretNotFoundError:
        return None


def login_configured() -> bool:
    """Return whether the secrets name an OpenID Connect provider."""
    return secret("auth", "cookie_secret") is not None


def proxy_sign(headers: Mapping[str, str]) -> str | None:
    """Return the header which shows that a request did not come straight from a browser on this machine, or None."""
    for name in headers:
        if name.lower() in PROXY_HEADERS or name.lower().startswith(PROXY_PREFIXES):
            return name
    host = next((value for name, value in headers.items() if name.lower() == "host"), "")
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return f"Host: {host}" if host and name.lower() not in LOOPBACK else None


def decide(
    *,
    login: bool,
    local: bool,
    address: str | None,
    proxy: str | None,
    claims: Mapping[str, Any] | None,
    access: Mapping[str, Any],
    now: float,
) -> Viewer | Refusal:
    """Return the viewer, or why there is none. Everything that decides is an argument.

    Args:
        login: an OpenID Connect provider is configured.
        local: the server was started for the people at its machine only.
        address: the address the server listens on (None: all of them).
        proxy: the header that shows a proxy, see `proxy_sign`; None without one.
        claims: the identity token's claims; None before the login.
        access: the `access` section of the secrets.
        now: seconds since 1970.
    """
    if not login:
        return _without_login(local, address, proxy)
    if claims is None:
        return Refusal("Log in to see the dashboards.", login=True)
    if float(claims.get("exp", now)) < now:
        return Refusal("Your login has expired.", login=True)
    listed = claims.get(str(access.get("groups_claim", "cognito:groups"))) or ()
    groups = {listed} if isinstance(listed, str) else set(listed)
    name = str(claims.get("email") or claims.get("name") or claims.get("sub") or "unnamed")
    if not groups & set(access.get("allowed_groups", ())):
        return Refusal(f"{name} is not in a group that may see the dashboards. Ask their administrator for access.")
    roles = {CUSTOMERS} if groups & set(access.get("customer_groups", ())) else set()
    return Viewer(name, frozenset(roles), local=False)


def _without_login(local: bool, address: str | None, proxy: str | None) -> Viewer | Refusal:
    if proxy is not None:
        reason = f"this request came through a proxy ({proxy})"
    elif address not in LOOPBACK:
        reason = f"it can be reached from other machines (server.address is {address or 'not set'})"
    elif not local:
        reason = f"it was not started for this machine only ({LOCAL_VARIABLE} is not 1)"
    else:
        return Viewer("this machine", frozenset({CUSTOMERS}), local=True)
    return Refusal(
        f"This server has no login, and {reason}. Add an [auth] section to its secrets, as "
        "streamlit_dashboard/README.md describes under Access; or, on your own machine, start it with make dashboard."
    )


def admit() -> Viewer:
    """Return the viewer, or show why there is none and end the page."""
    login = login_configured()
    claims: Mapping[str, Any] | None = None
    if login and st.user.is_logged_in:
        claims = st.user.to_dict()
    decided = decide(
        login=login,
        local=os.environ.get(LOCAL_VARIABLE) == "1",
        address=st.get_option("server.address"),
        proxy=proxy_sign(st.context.headers),
        claims=claims,
        access=_access_section(),
        now=time.time(),
    )
    if isinstance(decided, Viewer):
        st.session_state["_viewer"] = decided
        return decided
    st.title("Business Insights")
    if decided.login:
        st.info(decided.reason, icon=":material/lock:")
        st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)
    else:
        st.error(decided.reason, icon=":material/lock:")
        if claims is not None:
            st.button("Log out", on_click=st.logout)
    st.stop()


def viewer() -> Viewer:
    """Return the viewer of this page run."""
    found: Viewer = st.session_state["_viewer"]
    return found


def _access_section() -> Mapping[str, Any]:
    try:
        return dict(st.secrets["access"]) if "access" in st.secrets else {}
    except StreamlitSecretNotFoundError:
        return {}
