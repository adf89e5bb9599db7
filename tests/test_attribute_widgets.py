"""The explorer of attributes without a browser: controls are set from Python."""

import base64
import html
import io
import time

import numpy as np
import pytest
from PIL import Image

import cgan_utils as cg
from cgan_utils import attribute_widgets, widgets

FACES = cg.DATASETS["faces"].condition
STROKES = cg.Attributes((), {"slant": (-1, 1), "width": (0.5, 1.5), "stroke": (1, 5)})


@pytest.fixture(scope="module")
def generator():
    return cg.Sampler(cg.build_generator(7, (16, 16, 3)), FACES)


@pytest.fixture(scope="module")
def panel(generator):
    return cg.explore_attributes(generator)


def control(panel, name):
    (found,) = (c for c in panel.controls if c.description == name)
    return found


def sentence_of(panel):
    return html.unescape(panel.sentence.value)


def pixels_of(panel):
    return np.asarray(Image.open(io.BytesIO(panel.picture.value)), np.float32) / 255


def bars_of(panel, count):
    """The lengths of both bars of each attribute, (count, 2) in [0, 1], and their shades."""
    chart = pixels_of(panel)[: 24 * count, -128:-8].reshape(count, 24, 120, -1)[..., 0]
    rows = chart[:, (7, 16)]
    return (rows > 0.4).mean(axis=2), rows.max(axis=2)


def test_there_is_a_switch_or_a_slider_for_each_attribute(panel):
    kinds = {c.description: type(c).__name__ for c in panel.controls}
    assert kinds == {
        **dict.fromkeys(FACES.binary, "Checkbox"),
        "skin": "FloatSlider",
        "gray": "FloatSlider",
        "Noise": "BoundedIntText",
    }


def test_every_value_is_drawn_as_the_generator_draws_it(generator, panel):
    asked = {"skin": 0.5, "gray": 0.5}
    values = {name: (1, 0) for name in FACES.binary} | {"skin": (0, 0.3, 1, 0.5), "gray": (1, 0.5)}
    for name, several in values.items():
        for value in several:
            control(panel, name).value = bool(value) if name in FACES.binary else value
            asked[name] = value
            (face,) = generator.generate(asked)
            large = pixels_of(panel)[: 10 * 16 : 10, : 10 * 16 : 10]
            np.testing.assert_allclose(large, face, atol=1 / 255)
            assert f"{name} {value:.3g}" in sentence_of(panel).split("Seen")[0]


def test_the_bars_are_what_was_asked_and_what_the_judge_sees(generator, panel):
    control(panel, "hat").value, control(panel, "gray").value = True, 0.25
    lengths, _ = bars_of(panel, 7)
    asked = FACES.rows({"hat": 1, "skin": 0.5, "gray": 0.25})
    np.testing.assert_allclose(lengths[:, 0], asked[0], atol=0.01)
    seen = cg.Judge("faces").probabilities(generator.generate(asked))
    np.testing.assert_allclose(lengths[:, 1], seen[0], atol=0.01)
    assert f"hat {seen[0, 3]:.2g}" in sentence_of(panel).split("Seen")[1]
    control(panel, "hat").value, control(panel, "gray").value = False, 0.5


def test_new_noise_draws_somebody_else_with_the_same_attributes(generator, panel):
    before = panel.picture.value
    row = panel.children[0].children
    (button,) = (w for w in row if w.description == "New noise")
    button.click()
    assert sentence_of(panel).startswith("Noise 1.") and panel.picture.value != before
    (face,) = generator.generate({"skin": 0.5, "gray": 0.5}, seed=1)
    large = pixels_of(panel)[: 10 * 16 : 10, : 10 * 16 : 10]
    np.testing.assert_allclose(large, face, atol=1 / 255)
    control(panel, "Noise").value = 0


def test_digits_with_continuous_attributes_use_the_same_explorer():
    generator = cg.Sampler(cg.build_generator(3), STROKES)
    with pytest.raises(ValueError, match=r"^no judge knows what .* \(slant, width, stroke\)"):
        cg.explore_attributes(generator)

    def measure(images):
        return np.array([[0.5, 3, images.shape[0]]])  # a width out of its range

    panel = cg.explore_attributes(generator, measure)
    assert "slant 0, width 1, stroke 3. Seen (lower bars): slant 0.5, width 3, stroke 1" in (
        sentence_of(panel)
    )
    lengths, _ = bars_of(panel, 3)
    np.testing.assert_allclose(lengths, [[0.5, 0.75], [0.5, 1], [0.5, 0]], atol=0.01)
    control(panel, "slant").value = -1
    assert bars_of(panel, 3)[0][0, 0] == 0


def test_a_page_without_widgets_shows_the_picture(panel, monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, raw: shown.append(data))
    panel._ipython_display_()
    assert base64.b64decode(shown[0]["image/png"]) == panel.picture.value
    assert shown[0]["text/plain"] == sentence_of(panel)


def test_an_answer_takes_less_than_15_milliseconds(panel):
    times = []
    for i in range(60):
        start = time.process_time()
        control(panel, "gray").value = (i % 20) / 20
        times.append(time.process_time() - start)
    control(panel, "gray").value = 0.5
    assert np.median(times) < 0.015


def test_classes_and_networks_want_another_widget():
    with pytest.raises(ValueError, match="asked for classes .*; this widget asks for attributes"):
        cg.explore_attributes(cg.Sampler(cg.build_generator()))
    with pytest.raises(TypeError, match=r"wrap a network in Sampler\(network\)"):
        cg.explore_attributes(cg.build_generator(7, (16, 16, 3)))


def test_levels_outside_their_range_get_a_sentence():
    for levels in ([1.1], [-0.1], [np.nan], [0.5, 0.5]):
        with pytest.raises(ValueError, match=r"give two numbers in \[0, 1\] a name"):
            attribute_widgets.level_chart(["hat"], [0.5], levels)
