"""JupyterLab in Chromium, the real notebook, a click and keys; the judge says what is seen."""

import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import numpy as np
import pytest
from PIL import Image

import cgan_utils as cg
import repository
from cgan_utils import widgets


@pytest.fixture
def lab(tmp_path):
    """Addresses of notebooks in tmp_path, in a JupyterLab without the user's settings."""
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
        yield lambda name: f"{server}/lab/tree/{name}?token={token}"
    finally:
        process.terminate()  # it ends its kernels
        process.wait(timeout=30)


@pytest.fixture
def page(chromium):
    # Tall, because JupyterLab draws only the cells in view
    page = chromium.new_page(viewport={"width": 1300, "height": 4000})
    page.set_default_timeout(120_000)
    return page


def pixels_of(image) -> np.ndarray:
    """The pixels (H, W) in [0, 1] that an image element shows, from its own file."""
    data = image.evaluate(
        "async e => Array.from(new Uint8Array(await (await fetch(e.src)).arrayBuffer()))"
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))), np.float32) / 255


def large_digit(image) -> np.ndarray:
    return pixels_of(image)[None, : 6 * 28 : 6, : 6 * 28 : 6, None]


def run_all(page, url: str) -> None:
    """Open a notebook, wait for its kernel, and start all cells."""
    page.goto(url)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
    )
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def test_the_notebook_obeys_clicks_and_keys(page, lab, tmp_path):
    judge, generator = cg.Judge(), cg.load_pretrained("mnist")
    shutil.copy(repository.ROOT / "notebooks" / "00_start.ipynb", tmp_path)
    run_all(page, lab("00_start.ipynb"))
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


def test_the_explorer_of_attributes_obeys_clicks_and_keys(page, lab, tmp_path):
    judge, generator = cg.Judge("faces"), cg.load_pretrained("faces")
    source = 'import cgan_utils as cg\n\ncg.explore_attributes(cg.load_pretrained("faces"))'
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # or it asks for one
    cells = [nbformat.v4.new_code_cell(source)]
    notebook = nbformat.v4.new_notebook(metadata=kernel, cells=cells)
    nbformat.write(notebook, tmp_path / "faces.ipynb")
    run_all(page, lab("faces.ipynb"))
    cell = page.locator(".jp-CodeCell", has_text="cg.explore_attributes")
    image, sentence = cell.locator("img.widget-image"), cell.locator(".widget-html-content")

    def seen(asked: str) -> dict:
        """What the judge sees in the face on the page, once the sentence has this text."""
        sentence.get_by_text(asked).wait_for()
        face = pixels_of(image)[None, : 10 * 16 : 10, : 10 * 16 : 10]
        return dict(zip(judge.condition.names, judge.recognize(face)[0], strict=True))

    assert seen("hat 0, smile 0")["hat"] == 0
    cell.get_by_role("checkbox", name="hat").click()
    assert seen("hat 1, smile 0")["hat"] == 1
    cell.get_by_role("checkbox", name="glasses").focus()
    page.keyboard.press("Space")
    assert seen("glasses 1, beard 0, hat 1")["glasses"] == 1

    skin, gray = cell.locator(".noUi-handle").all()
    skin.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")  # without waiting for an answer
    assert seen("skin 1, gray 0.5")["skin"] == pytest.approx(1, abs=0.15)
    cell.get_by_role("button", name="New noise").click()
    assert seen("Noise 1.")["hat"] == 1
    (expected,) = generator.generate({"hat": 1, "glasses": 1, "skin": 1, "gray": 0.5}, seed=1)
    shown = pixels_of(image)[: 10 * 16 : 10, : 10 * 16 : 10]
    np.testing.assert_allclose(shown, expected, atol=1 / 255)
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
