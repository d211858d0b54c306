"""The web chat in a real browser, as somebody with a phone, a keyboard or a screen reader meets it.

`SCREENSHOTS=directory` keeps what each test saw.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.chatbot.browser import Page, browser, executable

ASK = "document.querySelector('#text').focus()"


@pytest.fixture(scope="module")
def new_page() -> Iterator[Callable[[], Page]]:
    path = executable()
    if path is None:
        pytest.skip("needs Chromium: install it, or name it in CHROMIUM")
    with browser(path) as opening:
        yield opening


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    return new_page()


def keep(page: Page, name: str) -> None:
    if directory := os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(directory) / f"{name}.png")


def ask(page: Page, text: str) -> None:
    page.evaluate(ASK)
    page.type(text)
    page.press("Enter")


def test_an_artist_is_shown_with_cards_on_a_phone(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url))
    page.wait("document.querySelector('.said')")
    keep(page, "phone-hello")
    ask(page, "에스파")
    page.wait("document.querySelectorAll('.alike > li').length === 10")
    keep(page, "phone-artist")
    assert page.evaluate("document.querySelector('.hero h2').textContent") == "aespa"
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.evaluate("document.querySelector('.hero .listen').href").startswith(
        "https://open.spotify.com/artist/"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "nothing is wider than the phone"
    )
    too_small = page.evaluate(
        "[...document.querySelectorAll('.chips button, .choices button, #composer button')]"
        ".filter((b) => b.getBoundingClientRect().height < 40).length"
    )
    assert too_small == 0, "what is tapped is as large as a fingertip"
    # The picture of the test's artist cannot be loaded here: letters stand in for it.
    page.wait("document.querySelector('.hero .disc')")
    assert [error for error in page.errors if "Content Security Policy" in error] == []


def test_more_choices_and_names_can_be_tapped(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url))
    ask(page, "에스파")
    page.wait("document.querySelector('.chips .more')")
    page.evaluate("document.querySelector('.chips .more').click()")
    page.wait("[...document.querySelectorAll('.name')].some((b) => b.textContent === 'Neighbour 11')")
    ask(page, "Eve")
    page.wait("document.querySelectorAll('.choices button').length === 2")
    page.evaluate("document.querySelector('.choices button').click()")
    page.wait("[...document.querySelectorAll('.hero h2')].some((h) => h.textContent === 'Eve')")
    keep(page, "phone-choices")


def test_it_is_used_by_keyboard_alone(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url), width=1100, height=800, language="en-US")
    page.wait("document.querySelector('.said')")
    for _ in range(8):
        page.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.type("NewJeans")
    page.press("Enter")
    page.wait("document.querySelectorAll('.alike > li').length === 2")
    keep(page, "desktop-artist")
    reached = []
    for _ in range(25):
        page.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")
        )
        if reached[-1] == "Neighbour 1":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert reached[-1] == "Neighbour 1", reached
    assert outline != "none", "one sees where one is"
    page.press("Enter")
    page.wait("document.querySelectorAll('.asked').length === 2")
    assert page.evaluate("document.querySelector('.asked:last-of-type p, .asked p').textContent")


def test_a_screen_reader_finds_its_way(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url), language="en-US")
    ask(page, "에스파")
    page.wait("document.querySelectorAll('.alike > li').length === 10")
    seen = page.accessible()
    roles = {role for role, _ in seen}
    assert {"log", "heading", "list", "listitem", "textbox", "button", "link"} <= roles
    assert ("textbox", "An artist, a song, or a question") in seen
    assert ("button", "Send") in seen
    assert ("heading", "aespa") in seen
    assert ("button", "Neighbour 1") in seen
    nameless = [
        role for role, name in seen if role in ("button", "link", "textbox", "image") and not name.strip()
    ]
    assert nameless == []


def test_hostile_names_stay_text(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url))
    hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    ask(page, hostile)
    page.wait("document.querySelectorAll('.said').length >= 1 && !document.querySelector('.asked + .status')")
    assert page.evaluate("document.querySelector('.asked p').textContent") == hostile
    assert page.evaluate("document.title") != "1"
    assert page.evaluate("document.querySelectorAll('#log script, #log [onerror]').length") == 0


def test_who_asks_is_in_a_cookie_that_scripts_cannot_read(page: Page, open_http: httpx.Client) -> None:
    page.open(str(open_http.base_url))
    assert page.evaluate("document.cookie") == ""
    [cookie] = [c for c in page.call("Network.getCookies")["cookies"] if c["name"] == "session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert page.evaluate("localStorage.length") == 0


def test_in_the_dark_it_is_dark_and_still_readable(page: Page, open_http: httpx.Client) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    page.open(str(open_http.base_url))
    ask(page, "Loner")
    page.wait("document.querySelector('.hero')")
    keep(page, "phone-dark")
    ratio = page.evaluate(
        """(() => {
          const luminance = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => {
              const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const style = getComputedStyle(document.body);
          const [a, b] = [luminance(style.color), luminance(style.backgroundColor)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); })()"""
    )
    assert ratio > 7
