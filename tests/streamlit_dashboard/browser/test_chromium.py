"""The browser that the other tests of this folder drive."""

from __future__ import annotations

from playwright.sync_api import Browser


def test_chromium_starts(browser: Browser):
    assert browser.is_connected()
