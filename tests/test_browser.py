"""JupyterLab in Chromium, the real notebook, a click and keys; the judge says what is seen.

Needs Playwright, which the dev extra installs, and a Chromium, which nothing here installs. Without
them it is skipped with a warning; where CI is set, as for pull requests, it fails instead.
"""

import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import warnings

import numpy as np
import pytest
from PIL import Image

import cgan_utils as cg
import repository
from cgan_utils import widgets

BROWSERS = ["chromium", "google-chrome", "chromium-browser"]
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


def missing(what: str) -> None:
    reason = f"THE WIDGETS WERE NOT TESTED IN A BROWSER: {what}."
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)


@pytest.fixture
def notebook_url(tmp_path):
    """The address of a copy of 00_start in a running JupyterLab without the user's settings."""
    shutil.copy(repository.ROOT / "notebooks" / "00_start.ipynb", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server, token = f"http://127.0.0.1:{port}", secrets.token_hex(16)
    settings = f"--ip=127.0.0.1 --port={port} --ServerApp.port_retries=0 --no-browser --allow-root"
    settings += f" --IdentityProvider.token={token}"
    settings += " --LabApp.expose_app_in_browser=True"  # as window.jupyterapp, which runs commands
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={tmp_path}", *settings.split()]
    places = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"]
    places += ["JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]
    environment = os.environ | {place: str(tmp_path / place) for place in places}
    log = tmp_path / "jupyterlab.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{server}/api?token={token}", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        yield f"{server}/lab/tree/00_start.ipynb?token={token}"
    finally:
        process.terminate()  # it ends its kernels
        process.wait(timeout=30)


@pytest.fixture
def page():
    if CHROMIUM is None:
        missing("there is no Chromium (on Debian and Ubuntu: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("there is no Playwright (pip install playwright)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # Tall, because JupyterLab draws only the cells in view
        page = browser.new_page(viewport={"width": 1300, "height": 4000})
        page.set_default_timeout(120_000)
        yield page
        browser.close()


def pixels_of(image) -> np.ndarray:
    """The pixels (H, W) in [0, 1] that an image element shows, from its own file."""
    data = image.evaluate(
        "async e => Array.from(new Uint8Array(await (await fetch(e.src)).arrayBuffer()))"
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))), np.float32) / 255


def large_digit(image) -> np.ndarray:
    return pixels_of(image)[None, : 6 * 28 : 6, : 6 * 28 : 6, None]


def test_the_notebook_obeys_clicks_and_keys(page, notebook_url):
    judge, generator = cg.Judge(), cg.load_pretrained("mnist")
    page.goto(notebook_url)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
    )
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    cell = page.locator(".jp-CodeCell", has_text="cg.explore(generator, seed=NOISE)")
    image, sentence = cell.locator("img.widget-image"), cell.locator(".widget-html-content")

    def wait_for(text: str) -> None:
        """Until the sentence has this text; the picture is sent before the sentence."""
        sentence.get_by_text(text).wait_for()

    wait_for("Label 7, noise 3 × 1.00")
    assert judge.recognize(large_digit(image)) == [7]

    before = image.get_attribute("src")
    cell.get_by_role("button", name="3", exact=True).click()
    wait_for("Label 3,")
    assert image.get_attribute("src") != before
    assert judge.recognize(large_digit(image)) == [3]

    cell.get_by_role("button", name="8", exact=True).focus()
    page.keyboard.press("Space")
    wait_for("Label 8,")
    assert judge.recognize(large_digit(image)) == [8]

    before = image.get_attribute("src")
    _, direction_1, *_ = cell.locator(".noUi-handle").all()  # the first one is the noise's scale
    direction_1.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")  # without waiting for an answer
    wait_for("directions +3.0, +0.0, +0.0")
    assert image.get_attribute("src") != before
    directions = widgets.latent_directions(generator)
    expected, _ = widgets.draw_digit(generator, directions, 8, 3, 1, 3, 0, 0)
    np.testing.assert_allclose(pixels_of(image), expected, atol=0.05)

    cell.get_by_role("button", name="New noise").click()
    wait_for("noise 4 × 1.00")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
