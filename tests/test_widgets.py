"""The widgets without a browser: every control is set from Python, as messages of one do it."""

import base64
import gc
import html
import io
import threading
import tracemalloc
import types
from dataclasses import replace

import imageio.v3 as imageio
import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import cgan_utils as cg
from cgan_utils import widgets


@pytest.fixture(scope="module")
def gan(digits):
    return cg.RECIPES["quick"].build(digits)


@pytest.fixture(scope="module")
def strip(gan):
    images = [gan.generate(range(10), seed=seed) for seed in range(4)]
    return types.SimpleNamespace(images=images, epochs=[0, 1, 2, 5])


@pytest.fixture(scope="module")
def panels(gan, strip, digits):
    return {
        "explore": cg.explore(gan),
        "explore_interpolation": cg.explore_interpolation(gan),
        "explore_mixture": cg.explore_mixture(gan),
        "explore_training": cg.explore_training(strip),
        "explore_discriminator": cg.explore_discriminator(gan, digits.images[:5]),
    }


NAMES = [
    "explore",
    "explore_interpolation",
    "explore_mixture",
    "explore_training",
    "explore_discriminator",
]


def parts_of(widget):
    """The widget and all that it holds."""
    return [
        widget,
        *(part for child in getattr(widget, "children", ()) for part in parts_of(child)),
    ]


def part(panel, description):
    (found,) = (p for p in parts_of(panel) if getattr(p, "description", None) == description)
    return found


def values_of(control):
    if hasattr(control, "options"):
        return [o[1] if isinstance(o, tuple) else o for o in control.options]
    count = round((control.max - control.min) / control.step) + 1
    return [control.min + i * control.step for i in range(count)]


def sentence_of(panel):
    return html.unescape(panel.sentence.value)


def pixels_of(panel):
    """What is seen, (H, W) in [0, 1]."""
    return np.asarray(Image.open(io.BytesIO(panel.picture.value)), np.float32) / 255


def large_image(panel):
    return pixels_of(panel)[: 6 * 28 : 6, : 6 * 28 : 6, None]


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_every_control_is_drawn(panels, name, monkeypatch):
    panel, seen = panels[name], []

    def draw(*values):
        seen[:] = [values, *original(*values)]
        return seen[1:]

    def no_pyplot(*_, **__):
        raise AssertionError("a callback used pyplot")

    original = panel.draw
    monkeypatch.setattr(panel, "draw", draw)
    monkeypatch.setattr(plt, "figure", no_pyplot)
    before = [control.value for control in panel.controls]
    for i, control in enumerate(panel.controls):
        for value in [*(v for v in values_of(control) if v != before[i]), before[i]]:
            control.value = value
            if "all weights are 0" in sentence_of(panel):
                assert name == "explore_mixture" and not any(c.value for c in panel.controls[:10])
                continue
            assert seen[0][i] == value
            assert panel.picture.value == widgets.encode_png(seen[1])
            assert sentence_of(panel) == seen[2]
    assert tuple(before) == seen[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_description(panels, name):
    with_one = [part for part in parts_of(panels[name]) if hasattr(part, "description")]
    assert len(with_one) >= len(panels[name].controls)
    assert all(part.description for part in with_one if part is not panels[name].sentence)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_without_widgets_shows_the_picture(panels, name, monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, raw: shown.append(data))
    panels[name]._ipython_display_()
    (data,) = shown
    assert base64.b64decode(data["image/png"]) == panels[name].picture.value
    assert data["text/plain"] == sentence_of(panels[name])
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panels[name].model_id


# What is drawn


def test_explore_shows_the_label_asked_for(gan, panels):
    panel = panels["explore"]
    for label in (0, 9, 7):
        part(panel, "Label").value = label
        np.testing.assert_allclose(large_image(panel), gan.generate(label)[0], atol=1 / 255)
        assert sentence_of(panel).startswith(f"Label {label}, noise 0 × 1.00")


def test_new_noise_is_another_noise_and_starts_again_after_the_last(gan, panels):
    panel = panels["explore"]
    part(panel, "New noise").click()
    np.testing.assert_allclose(large_image(panel), gan.generate(7, seed=1)[0], atol=1 / 255)
    part(panel, "Noise").value = part(panel, "Noise").max
    part(panel, "New noise").click()
    assert part(panel, "Noise").value == 0


def test_scale_and_directions_move_the_noise(gan, panels):
    panel, directions = panels["explore"], widgets.latent_directions(gan)
    part(panel, "Noise scale").value, part(panel, "Direction 2").value = 0.5, -3
    latents = 0.5 * gan.draw_latents(1) - 3 * directions[1]
    np.testing.assert_allclose(
        large_image(panel), gan.generate(7, latents=latents)[0], atol=1 / 255
    )
    part(panel, "Noise scale").value, part(panel, "Direction 2").value = 1, 0


def test_sliders_are_called_what_they_do_once_that_is_known(gan):
    panel = cg.explore(gan, seed=3, directions=["Lean left"])
    assert sentence_of(panel).startswith("Label 7, noise 3 × 1.00, directions +0.0")
    sliders = [c.description for c in panel.controls if isinstance(c, ipywidgets.FloatSlider)]
    assert sliders == ["Noise scale", "Lean left"]
    assert part(cg.explore_mixture(gan, seed=3), "Noise").value == 3


@pytest.mark.parametrize("seed", [-1, 1000, 0.5, "3"])
@pytest.mark.parametrize("widget", [cg.explore, cg.explore_mixture])
def test_a_noise_that_the_box_does_not_hold_gets_a_sentence(gan, widget, seed):
    with pytest.raises(ValueError, match="seed is .* from 0 to 999"):
        widget(gan, seed=seed)


def test_directions_are_those_that_change_the_images_most():
    class Linear:
        condition, latent_dim = cg.Classes.numbered(3), 8
        draw_latents = cg.Sampler.draw_latents

        def generate(self, labels, latents):
            strength = np.array([1, 1, 9, 1, 1, 4, 1, 1])[:, None]
            slopes = strength * np.random.default_rng(1).standard_normal((8, 28 * 28))
            return (latents @ slopes + labels @ [[0], [50], [100]]).reshape(-1, 28, 28, 1)

    directions = widgets.latent_directions(Linear(), count=2)
    assert abs(directions).argmax(axis=1).tolist() == [2, 5]
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-5)
    assert (directions.max(axis=1) > 0.9).all()


def test_interpolation_shows_the_walk(gan, panels):
    panel = panels["explore_interpolation"]
    frames = cg.interpolate_labels(gan, 6, 1, steps=50)
    for frame in (10, 49):
        part(panel, "Frame").value = frame
        np.testing.assert_allclose(large_image(panel), frames[frame], atol=1 / 255)
    assert sentence_of(panel) == "Frame 49 of 0 to 49. Label 1: 100%"
    part(panel, "Moving").value = "noise"
    expected = gan.generate(6, latents=gan.draw_latents(2)[1:])[0]
    np.testing.assert_allclose(large_image(panel), expected, atol=1 / 255)
    assert (
        sentence_of(panel) == "Frame 49 of 0 to 49. Label 6: 100%, 100% of the way to another noise"
    )
    part(panel, "Moving").value = "label"


def test_play_moves_the_frame(panels):
    panel = panels["explore_interpolation"]
    part(panel, "Play").value = 5
    assert part(panel, "Frame").value == 5 and sentence_of(panel).startswith("Frame 5 ")
    part(panel, "Frame").value = 0  # and playing goes on from where the frame is
    assert part(panel, "Play").value == 0


@pytest.mark.parametrize("moving", ["label", "noise", "both"])
def test_the_gif_is_saved_and_announced(gan, tmp_path, monkeypatch, moving):
    monkeypatch.chdir(tmp_path)
    panel = cg.explore_interpolation(gan, steps=12)
    part(panel, "Moving").value = moving
    part(panel, "Save GIF").click()
    assert f"{moving}_6_to_1.gif" in sentence_of(panel)
    first = tmp_path / f"{moving}_6_to_1.gif"
    assert imageio.improps(first, index=None).shape[1:3] == (96, 96)
    before = first.read_bytes()
    part(panel, "From").value = 7
    part(panel, "From").value = 6
    part(panel, "Save GIF").click()
    assert f"{moving}_6_to_1_2.gif" in sentence_of(panel)
    assert first.read_bytes() == before and len(list(tmp_path.iterdir())) == 2


def test_a_gif_that_cannot_be_saved_is_no_secret(panels, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    part(panels["explore_interpolation"], "Save GIF").click()
    told = sentence_of(panels["explore_interpolation"])
    assert told.startswith("OSError: cannot write 'label_6_to_1.gif' (No space left on device)")
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_draws_no_images_gets_a_sentence():
    latent, label = keras.Input((8,)), keras.Input((10,))
    x = keras.layers.Concatenate()([latent, label])
    x = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784, activation="tanh")(x))
    with pytest.raises(ValueError, match=r"range from -0.* to 0.*; give pixels in \[0, 1\]"):
        cg.explore(cg.Sampler(keras.Model([latent, label], x)))


def test_mixture_shows_mixed_label_and_judge(gan, panels):
    panel = panels["explore_mixture"]
    assert "Label 3: 50%, 8: 50%." in sentence_of(panel)
    part(panel, "8").value = 0.125
    assert "Label 3: 80%, 8: 20%." in sentence_of(panel)
    image = gan.generate(0.8 * np.eye(10)[3] + 0.2 * np.eye(10)[8])
    np.testing.assert_allclose(large_image(panel), image[0], atol=1 / 255)
    chart = pixels_of(panel)[:134, 6 * 28 + 8 + 56 :]  # without scale and numbers
    heights = [(chart[:, 56 * i + 28] > 0.5).sum() / 112 for i in range(10)]
    np.testing.assert_allclose(heights, cg.Judge().probabilities(image)[0], atol=0.01)
    part(panel, "8").value = 0.5


def test_discriminator_shows_what_d_says_to_each_label(gan, panels, digits):
    panel = panels["explore_discriminator"]
    part(panel, "Image").value = 3
    np.testing.assert_allclose(large_image(panel), digits.images[3], atol=1 / 255)
    logits = gan.score(np.repeat(digits.images[3:4], 10, axis=0), range(10))
    assert f"Image 3: highest for label {logits.argmax()}." in sentence_of(panel)
    assert f"9: {logits[9]:.1f}" in sentence_of(panel)
    alone = cg.explore_discriminator(gan.discriminator, digits.images[3:5])
    assert alone.picture.value == panel.picture.value


def test_training_shows_the_snapshot(strip, panels):
    panel = panels["explore_training"]
    assert sentence_of(panel) == "After epoch 5"  # opens on the last one
    part(panel, "Snapshot").value = 1
    np.testing.assert_allclose(pixels_of(panel)[::2, ::2], cg.grid(strip.images[1]), atol=1 / 255)
    assert sentence_of(panel) == "After epoch 1"


def test_a_run_of_training_can_be_explored(few):
    watch = cg.Snapshots()
    cg.train("quick", few, epochs=1, callbacks=[watch])
    assert sentence_of(cg.explore_training(watch)) == "After epoch 1"


# Under load, and when something breaks


class Counting:
    """A generator that counts its calls and breaks on demand."""

    def __init__(self, generator):
        self.generator, self.condition = generator, generator.condition
        self.draw_latents, self.calls, self.broken = generator.draw_latents, 0, False

    def generate(self, *arguments, **settings):
        self.calls += 1
        if self.broken:
            raise RuntimeError("no <paper> left")
        return self.generator.generate(*arguments, **settings)


def test_a_storm_ends_on_the_last_value(gan):
    counting = Counting(gan)
    panel = cg.explore(counting)
    slider, before = part(panel, "Direction 1"), counting.calls
    storm = [*np.linspace(-4, 4, 199), 1.5]
    for value in storm:
        slider.value = value
    assert counting.calls == before + 200  # one call an event, none left over
    picture, sentence = panel.draw(7, 0, 1, 1.5, 0, 0)
    assert panel.picture.value == widgets.encode_png(picture) and sentence_of(panel) == sentence

    tracemalloc.start()
    try:
        sizes = []
        for _ in range(2):
            for value in storm:
                slider.value = value
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 200_000  # to keep the pictures would take over 1,000,000


def test_events_from_two_threads_end_on_the_last_values(gan):
    panel = cg.explore(gan)

    def push(name):
        for value in np.linspace(-4, 3, 100):
            part(panel, name).value = value

    threads = [threading.Thread(target=push, args=(f"Direction {i}",)) for i in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    picture, sentence = panel.draw(7, 0, 1, 3, 3, 0)
    assert sentence_of(panel) == sentence and panel.picture.value == widgets.encode_png(picture)


def test_an_error_is_shown_and_the_next_event_works(gan):
    counting = Counting(gan)
    panel = cg.explore(counting)
    counting.broken = True
    part(panel, "Label").value = 3
    assert panel.sentence.value == "RuntimeError: no &lt;paper&gt; left"
    counting.broken = False
    part(panel, "Label").value = 4
    assert sentence_of(panel).startswith("Label 4,")


def test_zero_weights_get_a_sentence(panels):
    panel = panels["explore_mixture"]
    part(panel, "3").value = part(panel, "8").value = 0
    assert sentence_of(panel) == "ValueError: all weights are 0; raise at least one of them."
    part(panel, "3").value = part(panel, "8").value = 0.5


def test_a_network_that_blew_up_gets_a_sentence(gan):
    network = cg.build_generator()
    network.set_weights([weight * np.nan for weight in network.get_weights()])
    with pytest.raises(ValueError, match="contain NaN or infinity; if a network drew them"):
        cg.explore_interpolation(cg.Sampler(network))


@pytest.mark.parametrize("explore", [cg.explore, cg.explore_interpolation, cg.explore_mixture])
def test_a_bare_network_gets_a_sentence(gan, explore):
    with pytest.raises(TypeError, match=r"wrap a network in Sampler\(network\)"):
        explore(gan.generator)


def test_generators_of_fewer_classes():
    few = cg.Sampler(cg.build_generator(3), cg.Classes(("circle", "square", "star")))
    assert sentence_of(cg.explore(few)).startswith("Label star,")
    assert sentence_of(cg.explore_interpolation(few)).endswith("Label star: 100%")
    with pytest.raises(ValueError, match="no judge knows .*circle, square, star"):
        cg.explore_mixture(few)


def test_the_judge_of_a_mixture_is_that_of_the_data_set():
    panel = cg.explore_mixture(cg.load_pretrained("fashion_mnist"))
    assert "Label Dress: 50%, Bag: 50%. The judge sees" in sentence_of(panel)
    assert panel.draw.args[1].name == "fashion_mnist"


def test_a_critic_and_a_gan_of_attributes_are_no_discriminators_of_classes(digits, few):
    critic = replace(cg.RECIPES["quick"], game="wasserstein").build(digits)
    with pytest.raises(ValueError, match="this is a critic, whose scores are no probabilities"):
        cg.explore_discriminator(critic, digits.images[:5])
    hats = replace(few, labels=np.zeros((96, 1)), condition=cg.Attributes(("hat",)))
    with pytest.raises(ValueError, match=r"asked about attributes \(hat\)"):
        cg.explore_discriminator(cg.RECIPES["quick"].build(hats), digits.images[:5])


def test_attributes_want_another_widget():
    faces = cg.Attributes(("hat",), {"gray": (0, 1)})
    generator = cg.Sampler(cg.build_generator(2, (16, 16, 3)), faces)
    for explore in (cg.explore, cg.explore_interpolation, cg.explore_mixture):
        with pytest.raises(ValueError, match=r"asked for attributes \(hat, gray\)"):
            explore(generator)


@pytest.mark.parametrize("images, epochs", [([], []), ([1], [1]), ([1, 2], [0])])
def test_a_bad_strip_gets_a_sentence(images, epochs):
    with pytest.raises(
        ValueError, match=f"the strip has {len(images)} images, {len(epochs)} epochs"
    ):
        cg.explore_training(types.SimpleNamespace(images=images, epochs=epochs))


@pytest.mark.parametrize(
    "images", [np.zeros((28, 28, 1)), np.zeros((1, 28, 28, 1)), np.zeros((3, 32, 32, 1))]
)
def test_bad_images_get_a_sentence(gan, images):
    with pytest.raises(ValueError, match="images have shape|there are 1 images; give at least 2"):
        cg.explore_discriminator(gan, images)


def test_only_what_both_versions_of_ipywidgets_have(panels):
    common = {"VBox", "Box", "Image", "HTML", "Button", "Play", "ToggleButtons"}
    common |= {"IntSlider", "FloatSlider", "BoundedIntText"}
    used = {type(p) for panel in panels.values() for p in parts_of(panel)} - {widgets.Panel}
    assert {kind.__name__ for kind in used} == common - {"VBox"}
    assert all(kind is getattr(ipywidgets, kind.__name__) for kind in used)
