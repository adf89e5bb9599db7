"""What several tests share. Imports cgan_utils first, which quiets TensorFlow's start-up log."""

import functools
import http.server
import os
import shutil
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import build
import cgan_utils as cg


@pytest.fixture(scope="session")
def digits():
    return cg.load_images("mnist", "train")


@pytest.fixture(scope="session")
def few(digits):
    """Three batches of 32: enough to train on for a moment."""
    chosen = np.random.default_rng(0).permutation(len(digits.labels))[:96]
    return digits.subset(chosen, "96 digits")


BROWSERS = ["chromium", "google-chrome", "chromium-browser"]


def missing(what: str) -> None:
    """Skip with a warning; where CI is set, as for pull requests, fail instead."""
    reason = f"NOT TESTED IN A BROWSER: {what}."
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium():
    """A browser. Needs Playwright, which the dev extra installs, and the machine's own Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("there is no Chromium (on Debian and Ubuntu: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("there is no Playwright (pip install playwright)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


# The site


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site below /series/, as a project's pages lie below the project's name."""

    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/series"))

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A folder with the whole site, built anew."""
    if not build.NODE_MODULES.exists():
        missing("the site's Node packages are not there (make test fetches them)")
    folder = tmp_path_factory.mktemp("built") / "site"
    build.build(folder)
    return folder


@pytest.fixture(scope="session")
def origin(site):
    handler = functools.partial(Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/series/"
    server.shutdown()


@pytest.fixture
def visit(chromium, origin):
    """A function that opens a page, in a context of its own, and remembers what went wrong."""
    contexts = []

    def open_page(name: str, **settings):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.elsewhere, page.errors = [], []

        def guard(route):
            if route.request.url.startswith((origin, "data:", "blob:")):
                return route.continue_()
            page.elsewhere.append(route.request.url)
            return route.abort()

        page.route("**/*", guard)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: m.type in ("error", "warning") and page.errors.append(m.text))
        page.goto(origin + name)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def best():
    """A function that measures up to ten times, until a limit is kept, and gives the smallest.

    A busy machine makes single measurements worse, never better.
    """

    def measured(measure, limit: float) -> float:
        smallest = float("inf")
        for _ in range(10):
            smallest = min(smallest, measure())
            if smallest <= limit:
                break
        return smallest

    return measured


AXE = build.NODE_MODULES / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLORS = ["color-contrast", "link-in-text-block"]  # what a dark page may break besides
# Of a kind of words in code, all have one color: three of them stand for the rest, which take time.
FEWER = """() => {
    const seen = {};
    for (const span of document.querySelectorAll(".highlight span[class]")) {
        seen[span.className] = (seen[span.className] ?? 0) + 1;
        if (seen[span.className] > 3) span.replaceWith(...span.childNodes);
    }
    document.querySelectorAll(".highlight pre").forEach((code) => code.normalize());
}"""


@pytest.fixture(scope="session")
def check_width():
    """A function that wants nothing of a page to be cut off or scrolled to on 360 pixels."""

    def check(page) -> None:
        page.set_viewport_size({"width": 360, "height": 800})
        page.wait_for_timeout(100)
        boxes = "document.querySelectorAll('html, body, .content')"  # of which each may scroll
        assert page.evaluate(f"[...{boxes}].map((e) => e.scrollWidth - e.clientWidth)") == [0, 0, 0]

    return check


@pytest.fixture(scope="session")
def check_accessibility():
    """A function that wants no finding of axe-core against WCAG 2.2 A and AA, light and dark."""

    def check(page) -> None:
        page.evaluate(AXE.read_text("utf-8"))
        page.evaluate(FEWER)
        # Formulas: the half that is for eyes alone has no words; their color is that of the text.
        for scheme, rules, left_out in (
            ("light", WCAG, ".katex-html"),
            ("dark", COLORS, ".katex"),
        ):
            page.emulate_media(color_scheme=scheme)
            settings = {"resultTypes": ["violations"], "runOnly": rules}
            script = "([left_out, settings]) => axe.run({ exclude: [left_out] }, settings)"
            found = page.evaluate(script, [left_out, settings])["violations"]
            assert {rule["id"]: rule["nodes"][0]["html"][:200] for rule in found} == {}

    return check
