"""The explorers in Chromium: clicks, keys, files, and what is said where something is missing."""

import re

import imageio.v3 as iio
import numpy as np
import pytest
import safetensors
from safetensors.numpy import load

import cgan_utils as cg
import weights

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def awake(page, name: str):
    """An explorer's element, once it has come to life."""
    explorer = page.locator(name).first
    explorer.scroll_into_view_if_needed()
    page.wait_for_selector(f"{name}[data-live]")
    assert (
        explorer.locator(".sentence").get_attribute("role") == "status"
    )  # a screen reader says it
    return explorer


def insert(page, name: str, **data):
    """An explorer of this kind, at the top of any page."""
    script = """async ([name, data]) => {
        const explorer = document.createElement(name);
        Object.assign(explorer.dataset, data);
        document.querySelector("article").prepend(explorer);
        await (await import(new URL("_static/live/define.js", location))).define(name);
    }"""
    page.evaluate(script, [name, data])
    return page.locator(name).first


def colors(canvas, side: int = 28) -> np.ndarray:
    """The pixels (side, side, 3) that a canvas shows, from 0 to 255."""
    script = "(c, side) => Array.from(c.getContext('2d').getImageData(0, 0, side, side).data)"
    return np.array(canvas.evaluate(script, side)).reshape(side, side, 4)[..., :3]


def pixels(canvas) -> np.ndarray:
    """The gray pixels (28, 28) that a canvas shows, from 0 to 255."""
    return colors(canvas)[..., 0]


def test_keys_ask_for_a_digit_and_move_its_noise(visit):
    page = visit("00_start.html")
    explorer = awake(page, "cgan-digit")
    sentence = explorer.locator(".sentence")
    sentence.get_by_text("Label 7,").wait_for()
    explorer.locator("input[type=radio]:checked").focus()
    page.keyboard.press("ArrowRight")
    sentence.get_by_text("Label 8,").wait_for()
    explorer.locator("[name=direction0]").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    sentence.get_by_text("directions +3.0, +0.0, +0.0").wait_for()
    explorer.get_by_role("button", name="Reset").click()
    explorer.get_by_role("button", name="New noise").click()
    sentence.get_by_text("directions +0.0, +0.0, +0.0").wait_for()
    seed = int(explorer.locator("[name=seed]").input_value())
    expected = cg.load_pretrained("mnist").generate(8, seed=seed)[0, ..., 0]
    assert np.abs(pixels(explorer.locator(".large")) - 255 * expected).max() <= 1.5
    assert page.errors == []


def test_a_mixture_is_judged(visit):
    page = visit("00_start.html")
    explorer = awake(page, "cgan-mixture")
    explorer.locator(".sentence").get_by_text("Label 3: 50%, 8: 50%. The judge sees").wait_for()
    for label in (3, 8):
        explorer.locator(f"[name=weight{label}]").focus()
        page.keyboard.press("Home")
    explorer.locator(".sentence").get_by_text("All weights are 0").wait_for()
    explorer.locator("[name=weight6]").focus()
    page.keyboard.press("End")
    explorer.locator(".sentence").get_by_text("Label 6: 100%. The judge sees 6: ").wait_for()


def test_a_walk_plays_and_is_saved_as_a_gif(visit, tmp_path):
    page = visit("search.html", reduced_motion="reduce")
    explorer = insert(page, "cgan-walk")
    sentence = explorer.locator(".sentence")
    sentence.get_by_text("Frame 0 of 0 to 49. Label 6: 100%").wait_for()
    explorer.get_by_role("button", name="Play").click()
    page.wait_for_timeout(500)
    assert explorer.locator("[name=frame]").input_value() == "0"  # a step a second, no faster
    explorer.get_by_role("button", name="Play").click()
    explorer.locator("[name=frame]").focus()
    page.keyboard.press("End")
    sentence.get_by_text("Frame 49 of 0 to 49. Label 1: 100%").wait_for()
    with page.expect_download() as download:
        explorer.get_by_role("button", name="Save GIF").click()
    assert download.value.suggested_filename == "label_6_to_1.gif"
    download.value.save_as(tmp_path / "walk.gif")
    frames = iio.imread(tmp_path / "walk.gif", index=None)
    assert len(frames) == 50 and frames.shape[1:3] == (96, 96)


def test_a_training_is_scrubbed_through(visit):
    page = visit("search.html")
    explorer = insert(page, "cgan-strip")
    explorer.locator("[name=snapshot]").focus()
    page.keyboard.press("Home")
    explorer.locator(".sentence").get_by_text("After epoch 0").wait_for()


def test_a_strip_of_faces_is_in_color(visit):
    page = visit("search.html")
    strip = cg.load_strip("faces")
    explorer = insert(page, "cgan-strip", source="faces")
    explorer.locator(".sentence").get_by_text("After epoch").wait_for()
    shown = colors(explorer.locator(".strip"), side=16)
    assert np.abs(shown - 255 * strip.images[-1, 0]).max() <= 0.5
    assert page.errors == []


def test_a_face_has_the_attributes_asked_for_and_the_judge_reads_them(visit):
    page = visit("search.html", reduced_motion="reduce")
    explorer = insert(page, "cgan-attributes")
    sentence = explorer.locator(".sentence")
    sentence.get_by_text("Noise 0. Asked for (upper bars): long hair 0,").wait_for()
    page.get_by_label("hat").focus()
    page.keyboard.press("Space")
    page.get_by_label("skin").focus()
    page.keyboard.press("End")
    explorer.get_by_role("button", name="New noise").click()
    asked = "Noise 1. Asked for (upper bars): long hair 0, glasses 0, beard 0, hat 1, smile 0, "
    sentence.get_by_text(f"{asked}skin 1, gray 0.5. Seen (lower bars):").wait_for()
    generator, judge = cg.load_pretrained("faces"), cg.Judge("faces")
    (face,) = generator.generate({"hat": 1, "skin": 1, "gray": 0.5}, seed=1)
    shown = colors(explorer.locator(".large"), side=16)
    assert np.abs(shown - 255 * face).max() <= 1.5
    (expected,) = judge.probabilities(face[None])
    seen = sentence.inner_text().rpartition(": ")[2].split(", ")
    np.testing.assert_allclose([float(s.split()[-1]) for s in seen], expected, atol=0.03)
    widths = explorer.locator(".bar").evaluate_all(
        "bars => bars.map((b) => parseFloat(b.style.width))"
    )
    np.testing.assert_allclose(widths[::2], [0, 0, 0, 100, 0, 100, 50], atol=1e-3)
    np.testing.assert_allclose(widths[1::2], 100 * expected, atol=3)
    assert page.errors == []


def test_a_page_shows_attributes_that_nobody_judges(visit, site):
    class Own:
        network = cg.build_generator(2, (16, 16, 1))
        condition = cg.Attributes(("bold",), {"slant": (-1, 1)})

    folder = site / "_static" / "live" / "networks"
    weights.export("explore_attributes", Own, folder / "own.safetensors")
    page = visit("search.html")
    explorer = insert(page, "cgan-attributes", file="own.safetensors")
    sentence = explorer.locator(".sentence")
    sentence.get_by_text("Noise 0. Asked for: bold 0, slant 0").wait_for()
    page.get_by_label("slant").focus()
    page.keyboard.press("Home")
    sentence.get_by_text("Noise 0. Asked for: bold 0, slant -1").wait_for()
    assert explorer.locator(".bar").count() == 2 and page.errors == []


@pytest.mark.parametrize("harm", ["missing", "damaged", "another"])
def test_a_bad_file_costs_one_explorer_one_sentence(visit, origin, harm):
    page = visit("search.html")
    page.errors.clear()

    def answer(route):
        if harm == "missing":
            return route.fulfill(status=404, body="")
        body = route.fetch().body()
        middle = len(body) // 2
        damaged = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        return route.fulfill(body=damaged if harm == "damaged" else b"<html>Not here</html>")

    page.route("**/generator_mnist.safetensors", answer)
    script = """() => { document.querySelector("article").innerHTML =
        '<cgan-digit><img alt="a still" src="_static/icon.svg"></cgan-digit>'; }"""
    page.evaluate(script)
    page.evaluate("import('./_static/live/define.js').then(({ define }) => define('cgan-digit'))")
    said = page.locator("cgan-digit > p")
    said.wait_for()
    reason = {
        "missing": "is missing.",
        "damaged": "is damaged.",
        "another": "is no file of arrays in the safetensors format.",
    }[harm]
    assert said.inner_text() == f"This picture stands still: generator_mnist.safetensors {reason}"
    assert page.locator("cgan-digit > img").is_visible()


def test_the_game_is_played_by_buttons_and_keys(visit, check_accessibility, check_width):
    page = visit("search.html")
    game = insert(page, "cgan-game")
    sentence = game.locator(".sentence")
    game.get_by_role("button", name="Step of D").click()
    sentence.get_by_text("D has taken 1 step, G 0.").wait_for()
    game.get_by_role("button", name="Step of G").focus()
    page.keyboard.press("Enter")
    sentence.get_by_text("D has taken 1 step, G 1.").wait_for()
    game.get_by_role("button", name="100 turns").click()
    page.wait_for_selector("cgan-game[data-steps='101 101']")
    game.get_by_role("button", name="100 turns").click()
    sentence.get_by_text("D has taken 201 steps, G 201.").wait_for()
    centers = [
        float(c) for c in re.findall(r"at (-?[\d.]+) ±", sentence.inner_text().replace("−", "-"))
    ]
    np.testing.assert_allclose(centers, [-2, 2], atol=0.5)
    game.get_by_text("two modes", exact=True).click()
    game.get_by_text("300", exact=True).click()
    sentence.get_by_text("D has taken 300 steps, G 0.").wait_for()
    game.get_by_role("button", name="Run").click()
    page.wait_for_function(
        "Number(document.querySelector('cgan-game').dataset.steps.split(' ')[1]) > 5"
    )
    game.get_by_role("button", name="Run").click()
    game.get_by_role("button", name="Start again").click()
    sentence.get_by_text("D has taken 300 steps, G 0.").wait_for()
    assert page.errors == []
    check_accessibility(page)
    check_width(page)


@pytest.fixture(scope="module")
def trained(chromium, origin):
    """A page on which a few steps are trained."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1400}, reduced_motion="reduce")
    page.set_default_timeout(120_000)
    page.problems, page.requests = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url.rpartition("/")[2]))
    page.goto(origin + "05_training.html")
    training = page.locator("cgan-train")
    training.scroll_into_view_if_needed()
    training.locator("form").wait_for()
    yield page, training
    page.close()


def test_training_downloads_nothing_before_it_is_started_and_then_learns(trained):
    page, training = trained
    page.wait_for_load_state("networkidle")
    assert not {"worker.js", "digits.safetensors.gz", "judge_mnist.safetensors"} & {*page.requests}
    training.get_by_role("button", name="One step of D").click()
    training.locator(".note", has_text="1 step of D, 0 of G").first.wait_for()
    training.get_by_role("button", name="One step of G").click()
    training.locator(".note", has_text="1 step of D, 1 of G").first.wait_for()
    assert "digits.safetensors.gz" in page.requests
    training.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("Number(document.querySelector('cgan-train').dataset.steps) >= 20")
    training.get_by_role("button", name="Pause").click()
    training.locator(".sentence", has_text="the judge recognizes").first.wait_for()
    page.wait_for_selector("cgan-train[data-state=still]")
    assert 0 <= float(training.get_attribute("data-recognized")) <= 1
    assert page.problems == []


def test_the_trained_generator_goes_into_the_explorers_and_into_a_file(trained, tmp_path):
    page, training = trained
    training.locator("cgan-digit .sentence", has_text="Label 7, noise 0").wait_for()
    drawn = pixels(training.locator("cgan-digit .large"))
    with page.expect_download() as download:
        training.get_by_role("button", name="Save my G").click()
    path = tmp_path / "my_generator.safetensors"
    download.value.save_as(path)
    arrays = load(path.read_bytes())
    assert sum(array.size for array in arrays.values()) > 250_000

    def give(file) -> str:
        """Load a file, and give the sentence about it."""
        training.locator(".sentence").first.evaluate("e => { e.textContent = ''; }")
        training.locator("input[type=file]").set_input_files(file)
        sentence = training.locator(".sentence").first
        page.wait_for_function("e => e.textContent", arg=sentence.element_handle())
        return sentence.inner_text()

    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(path.read_bytes()[:-100])
    assert give(broken) == "broken.safetensors is damaged; what was here stays."
    broken.write_bytes(b"{}")
    assert "broken.safetensors is no file of arrays" in give(broken)
    weights.write_network(broken, weights.judge_network("mnist"))
    assert "broken.safetensors holds a network that draws no digits" in give(broken)
    broken.write_bytes(weights.packed({"0.kernel": np.zeros(9, np.float32)}, {"layers": "[{}]"}))
    assert "broken.safetensors holds no network that this page can run" in give(broken)
    spoiled = {"1.bias": np.full_like(arrays["1.bias"], np.nan)}
    with safetensors.safe_open(path, "np") as file:
        broken.write_bytes(
            weights.packed({**arrays, **spoiled}, {"layers": file.metadata()["layers"]})
        )
    assert "broken.safetensors holds numbers that are none" in give(broken)
    np.testing.assert_array_equal(pixels(training.locator("cgan-digit .large")), drawn)
    assert give(path) == "my_generator.safetensors is in the explorers below."
    np.testing.assert_array_equal(pixels(training.locator("cgan-digit .large")), drawn)


def test_a_drawn_digit_is_shown_to_d(trained):
    page, training = trained
    for name in ("cgan-digit", "cgan-mixture", "cgan-walk"):  # which take their room above the pad
        awake(page, name)
    asking = training.locator("section", has_text="Draw a digit")
    pad, sentence = asking.locator(".pad"), asking.locator(".sentence")
    middle = pad.bounding_box()["width"] / 2
    pad.hover(position={"x": middle, "y": 30})
    page.mouse.down()
    pad.hover(position={"x": middle, "y": 130})
    page.mouse.up()
    by_mouse = pixels(pad)
    assert by_mouse[10, 13:15].max() > 200 and by_mouse[:, :8].max() < 50
    asking.get_by_role("button", name="Clear").click()
    pad.focus()
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    sentence.get_by_text("The pen is down.").wait_for()
    asking.get_by_role("button", name="Clear").focus()
    assert (pixels(pad) > 200).any(axis=1).sum() >= 12
    assert sentence.inner_text().startswith("Highest for label")


def test_training_leaves_the_page_awake_and_accessible(
    trained, check_accessibility, check_width, best
):
    page, training = trained
    check_accessibility(page)
    script = """async () => {
        const tasks = [];
        const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
        observer.observe({ type: "longtask" });
        await new Promise((done) => setTimeout(done, 1500)); // at least one report of the worker
        observer.disconnect();
        return tasks.length; // each of more than 50 ms
    }"""
    training.get_by_role("button", name="Train", exact=True).click()
    assert best(lambda: page.evaluate(script), 0) == 0
    training.get_by_role("button", name="Pause").click()
    check_width(page)
