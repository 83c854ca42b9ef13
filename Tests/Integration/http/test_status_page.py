# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The status page in a real browser: headless Chromium, with the rules of axe-core for accessibility."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import urllib.request

import axe_core_python
import gguf
import pytest
from browser import Browser
from conftest import NOT_SERVING, SERVING, Runtime, poll

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
AXE = next(pathlib.Path(axe_core_python.__path__[0]).rglob("axe.min.js")).read_text()
THEMES = ["light", "dark"]
WIDTHS = [320, 1280]
# Where pictures for the documents go: `PAGE_IMAGES=docs/images` writes them anew.
IMAGES = os.environ.get("PAGE_IMAGES")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.stop()


class Site:
    """A server with a page for everybody and one for operators."""

    def __init__(self, folder, *flags, model=True):
        if model:
            gguf.write(folder / "demo.gguf", name="demo")
        self.server = Runtime(folder, "--admin", "127.0.0.1:0", "--drain-grace", "60s", *flags)
        self.server.wait_for(SERVING if model else NOT_SERVING)
        lines = {line["message"]: line for line in self.server.lines()}
        self.operators = "http://" + lines["listening for admin"]["address"] + "/"
        self.everybody = f"http://127.0.0.1:{self.server.port}/"

    def get(self, path="", operators=False):
        """A response, with its body as text."""
        address = (self.operators if operators else self.everybody).split("/")[2]
        with contextlib.closing(http.client.HTTPConnection(address, timeout=20)) as connection:
            connection.request("GET", "/" + path)
            response = connection.getresponse()
            return response, response.read().decode()

    def event(self, path, operators=False):
        """The first event of a stream, as its fields."""
        address = (self.operators if operators else self.everybody).split("/")[2]
        with contextlib.closing(http.client.HTTPConnection(address, timeout=20)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == 200 and response.headers["content-type"] == "text/event-stream"
            lines = iter(lambda: response.readline().decode().rstrip("\n"), "")
            return dict(line.split(": ", 1) for line in lines)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server that is SERVING."""
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.server.stop()


@pytest.fixture(scope="module")
def down(tmp_path_factory):
    """A server that has no model."""
    site = Site(tmp_path_factory.mktemp("down"), model=False)
    yield site
    site.server.stop()


@pytest.fixture
def maintenance(site):
    """Switches maintenance, and off at the end."""
    is_on = [False]

    def toggle():
        site.server.toggle_maintenance()
        is_on[0] = not is_on[0]

    yield toggle
    if is_on[0]:
        toggle()
    site.server.wait_for(SERVING)


def violations(page):
    """What axe-core finds, and where."""
    page.evaluate(AXE + ";0")
    found = "axe.run().then(r => r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html + n.failureSummary)]))"
    return page.evaluate(found)


def look_over(browser, url, tmp_path, name):
    """The page in both themes and widths: pictures, and what must be true of each."""
    for theme in THEMES:
        page = browser.open(url, theme=theme)
        page.wait_for("document.getElementById('live').innerText.startsWith('Up to date')")
        for width in WIDTHS:
            page.look(theme=theme, width=width)
            page.screenshot(tmp_path / f"{name}-{theme}-{width}.png")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "something is wider than the window"
            assert violations(page) == []
        assert page.errors == []
        page.close()


def show_in_documents(browser, url, theme, minutes=0):
    """A picture for docs/images, when it is asked for, of a server that has run for so long; small enough for a repository."""
    if IMAGES is None:
        return

    def has_run():
        with urllib.request.urlopen(url + "status.json", timeout=20) as answer:
            return json.load(answer)["service"]["uptime_seconds"] >= 60 * minutes

    poll(has_run, "it has run long enough", 60 * minutes + 20)
    file = pathlib.Path(IMAGES) / f"status-page-{theme}.png"
    page = browser.open(url, theme=theme, width=840, height=560)
    page.wait_for("document.getElementById('live').innerText.startsWith('Up to date')")
    page.screenshot(file, whole=False)
    assert file.stat().st_size <= 80 << 10
    page.close()


def state(page):
    return page.evaluate(
        "[document.title, document.querySelector('.word').innerText, document.querySelector('link[rel=icon]').href]")


def test_serving(site, browser, tmp_path):
    look_over(browser, site.everybody, tmp_path, "serving")
    show_in_documents(browser, site.everybody, "light", minutes=6)
    page = browser.open(site.everybody)
    title, word, _ = state(page)
    assert (title, word) == ("Serving · demo", "Serving")
    text = page.text("main")
    for part in ["All checks are healthy.", "whole server", "sarai.skills.SkillService", "model/demo", "Loaded",
                 "not serving below 100.0 MiB", "waiting, of 2000 at most", "of 4 workers busy", "Port", "Admin",
                 "an hour ago", "Changes in the last hour"]:
        assert part in text, part
    page.close()


def test_not_serving_with_reasons_for_operators_only(down, browser, tmp_path):
    look_over(browser, down.everybody, tmp_path, "down")
    look_over(browser, down.operators, tmp_path, "down-operators")
    show_in_documents(browser, down.operators, "dark")
    page = browser.open(down.operators)
    title, word, _ = state(page)
    assert title.startswith("Not serving: ") and word == "Not serving"
    assert "No model: no model file was found" in page.text("main")
    page.close()
    assert "something that it needs is not healthy" in down.get()[1]
    assert_not_told(down, ["no model file", "No model", str(down.server.model.parent)])
    assert "no model file was found" in down.event("/events", operators=True)["data"]


def assert_not_told(site, secrets):
    """None of these texts is in what everybody can read."""
    texts = [site.get()[1], site.get("status.json")[1], site.event("/events")["data"], site.event("/events?page")["data"]]
    assert [secret for secret in secrets for text in texts if secret in text] == []


def test_the_path_of_a_model_is_for_operators(site):
    assert str(site.server.model) in site.get(operators=True)[1]
    assert str(site.server.model) in site.event("/events?page", operators=True)["data"]
    assert_not_told(site, [str(site.server.model), str(site.server.model.parent)])


def test_an_update_is_seen_without_a_reload(site, browser, maintenance, tmp_path):
    page = browser.open(site.everybody)
    page.wait_for("document.getElementById('live').innerText.includes('at once')")
    page.evaluate("window.mark = document.querySelector('.word'); document.getElementById('pause').focus(); 0")
    before = state(page)
    maintenance()
    page.wait_for("document.title.startsWith('In maintenance')")
    after = state(page)
    assert after[1] == "In maintenance" and after[2] != before[2]
    # The same element: a screen reader tells of the change, and the focus stays.
    assert page.evaluate("mark === document.querySelector('.word') && mark.closest('[role=status]') !== null")
    assert page.evaluate("document.activeElement.id") == "pause"
    assert "in maintenance" in page.text("ol")
    look_over(browser, site.everybody, tmp_path, "maintenance")
    maintenance()
    page.wait_for("document.title.startsWith('Serving')")
    assert [url for url in page.requests if not url.startswith("data:")] == [site.everybody, site.everybody + "events?page"]
    assert page.errors == []
    page.close()


def test_without_a_stream_the_page_asks(site, browser, maintenance):
    page = browser.page()
    page.call("Network.setBlockedURLs", urls=["*/events*"])
    page.load(site.everybody)
    page.wait_for("document.getElementById('live').innerText.includes('every 5 s')")
    maintenance()
    page.wait_for("document.title.startsWith('In maintenance')")
    assert page.requests.count(site.everybody) >= 2
    # With the stream it stops asking.
    page.call("Network.setBlockedURLs", urls=[])
    page.evaluate("stream.close(); open(); 0")
    page.wait_for("document.getElementById('live').innerText.includes('at once')")
    page.close()


def test_without_scripts_the_page_shows_the_state(site, browser):
    page = browser.page()
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.load(site.everybody)
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert state(page)[1] == "Serving"
    assert page.evaluate("document.getElementById('pause').hidden")
    assert page.evaluate("document.querySelector('noscript meta').httpEquiv") == "refresh"
    page.close()


def test_the_keyboard_reaches_everything_in_order(site, browser, maintenance):
    page = browser.open(site.everybody)
    page.wait_for("document.getElementById('live').innerText.includes('at once')")
    order = []
    for _ in range(5):
        page.press("Tab")
        order.append(page.evaluate("document.activeElement.innerText"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    assert order == ["Skip to the status", "Pause updates", "status.json", "health", "metrics"]
    page.evaluate("document.getElementById('pause').focus(); 0")
    page.press("Enter")
    page.wait_for("document.getElementById('live').innerText === 'Paused.'")
    maintenance()
    poll(lambda: "In maintenance" in site.get()[1], "the server is in maintenance")
    assert state(page)[1] == "Serving"
    page.press("Enter")
    page.wait_for("document.querySelector('.word').innerText === 'In maintenance'")
    page.close()


def test_a_screen_reader_finds_landmarks_headings_and_the_verdict(site, browser):
    page = browser.open(site.everybody)
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    found = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    for role in ["main", "banner", "contentinfo", "navigation", "status"]:
        assert [name for other, name in found if other == role], role
    headings = {name for role, name in found if role == "heading"}
    assert headings == {"demo", "Serving", "Health names", "Available memory", "Queue", "Connections", "Checks", "Models",
                        "Changes in the last hour"}
    pictures = [name for role, name in found if role in ("image", "img")]
    assert len(pictures) == 3 and all(pictures)
    assert any(name.startswith("The last hour, minute by minute: not serving in") for name in pictures)
    page.close()


def test_the_data_for_programs(site):
    response, text = site.get("status.json")
    assert response.headers["content-type"] == "application/json" and response.headers["cache-control"] == "no-store"
    document = json.loads(text)
    assert document["status"] == "SERVING" and document["phase"] == "serving"
    assert {name["name"]: name["status"] for name in document["names"]}["readiness"] == "SERVING"
    assert document["memory"]["available_bytes"] > document["memory"]["high_bytes"] > document["memory"]["low_bytes"]
    assert document["models"][0]["loaded"] and "path" not in document["models"][0]
    assert document["connections"][0]["open"] >= 1 and document["queue"]["workers"] == 4
    operators = json.loads(site.get("status.json", operators=True)[1])
    assert operators["models"][0]["path"] == str(site.server.model)
    event = site.event("/events")
    assert event["retry"] == "3000" and int(event["id"]) == json.loads(event["data"])["revision"]


def test_a_browser_is_told_what_the_page_may_do(site):
    response, text = site.get()
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    for name, value in [("x-frame-options", "DENY"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]:
        assert response.headers[name] == value
    assert len(text.encode()) < 20_000
    assert re.findall(r'(?:src|href)="(?!data:|#|/status.json|/health|/metrics)', text) == []


def test_an_injected_script_does_not_run(site, browser):
    page = browser.open(site.everybody)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.bad = 1\">'); 0")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'})); 0")
    assert page.evaluate("window.bad === undefined")
    page.close()


def test_draining_and_then_no_answer(tmp_path, browser):
    site = Site(tmp_path)
    try:
        page = browser.open(site.everybody)
        page.wait_for("document.getElementById('live').innerText.includes('at once')")
        site.server.terminate()
        page.wait_for("document.title.startsWith('Draining')")
        assert "until its grace period ends" in page.text("[role=status]")
        look_over(browser, site.everybody, tmp_path, "draining")
        assert page.errors == []
        site.server.process.kill()
        page.wait_for("document.documentElement.classList.contains('lost')")
        assert page.text("#live").startswith("No answer. This is the state of ")
        assert page.evaluate("document.title") == "? Draining · demo"
        page.close()
    finally:
        site.server.stop()
