"""JupyterLab in Chromium, the real notebook, a click and keys; the judge says what is seen."""

import io
import os
import secrets
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

GAME = "cg.play_game()"  # below the cells of 00_start: one kernel and one page do for all tests


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where 00_start, and GAME below it, lie in a JupyterLab without the user's settings."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.read(repository.ROOT / "notebooks" / "00_start.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(GAME))
    nbformat.write(notebook, folder / "start.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server, token = f"http://127.0.0.1:{port}", secrets.token_hex(16)
    settings = f"--ip=127.0.0.1 --port={port} --ServerApp.port_retries=0 --no-browser --allow-root"
    settings += f" --IdentityProvider.token={token}"
    settings += " --LabApp.expose_app_in_browser=True"  # as window.jupyterapp, which runs commands
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *settings.split()]
    places = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"]
    places += ["JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]
    environment = os.environ | {place: str(folder / place) for place in places}
    log = folder / "jupyterlab.log"
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
        yield f"{server}/lab/tree/start.ipynb?token={token}"
    finally:
        process.terminate()  # it ends its kernels
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def page(chromium, address):
    """The notebook, all of whose cells have been started; `errors` holds what the console says."""
    # Tall, because JupyterLab draws only the cells in view
    page = chromium.new_page(viewport={"width": 1300, "height": 8000})
    page.set_default_timeout(120_000)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))

    def note(message) -> None:  # of anything but the badge's picture, which comes from elsewhere
        if message.type == "error" and "colab-badge" not in message.location["url"]:
            page.errors.append(message.text)

    page.on("console", note)
    page.goto(address)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
    )
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    return page


@pytest.fixture
def explorer(page):
    """A function from a cell's code to its output, picture and sentence; nothing may go wrong."""

    def find(code: str):
        cell = page.locator(".jp-CodeCell", has_text=code)
        return cell, cell.locator("img.widget-image"), cell.locator(".widget-html-content")

    yield find
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert page.errors == []


def pixels_of(image) -> np.ndarray:
    """The pixels (H, W) in [0, 1] that an image element shows, from its own file."""
    data = image.evaluate(
        "async e => Array.from(new Uint8Array(await (await fetch(e.src)).arrayBuffer()))"
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))), np.float32) / 255


def large_digit(image) -> np.ndarray:
    return pixels_of(image)[None, : 6 * 28 : 6, : 6 * 28 : 6, None]


def test_the_notebook_obeys_clicks_and_keys(page, explorer):
    judge, generator = cg.Judge(), cg.load_pretrained("mnist")
    cell, image, sentence = explorer("cg.explore(generator, seed=NOISE)")

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


def test_the_explorer_of_attributes_obeys_clicks_and_keys(page, explorer):
    judge, generator = cg.Judge("faces"), cg.load_pretrained("faces")
    cell, image, sentence = explorer("cg.explore_attributes(")

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


def test_the_game_obeys_clicks_and_keys(page, explorer):
    cell, image, sentence = explorer(GAME)
    shown = set()

    def wait_for(text: str) -> None:
        """Until the sentence has this text, with a picture that was not there before."""
        sentence.get_by_text(text).wait_for()
        assert image.get_attribute("src") not in shown
        shown.add(image.get_attribute("src"))

    def button(name: str):
        return cell.get_by_role("button", name=name, exact=True)

    wait_for("D has taken 0 steps, G 0.")
    moves = ["Step of D", "Step of G", "Turn", "100 turns"]
    counts = ["1 step, G 0.", "1 step, G 1.", "2 steps, G 2.", "102 steps, G 102."]
    for name, count in zip(moves, counts, strict=True):
        button(name).click()
        wait_for(f"D has taken {count}")
    button("saturating").focus()
    page.keyboard.press("Enter")
    button("Step of G").focus()
    page.keyboard.press("Space")
    wait_for("D has taken 102 steps, G 103.")

    play, stop = cell.locator(".widget-play button").all()[:2]
    play.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "e => Number(e.textContent.match(/G (\\d+)/)[1]) > 110", arg=sentence.element_handle()
    )
    stop.click()
    button("Start again").click()
    sentence.get_by_text("D has taken 0 steps, G 0.").wait_for()
    button("300").click()
    wait_for("D has taken 300 steps, G 0.")
