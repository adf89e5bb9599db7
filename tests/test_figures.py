import html
import io
import os
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image, ImageSequence

import cgan_utils as cg
from cgan_utils import figures
from cgan_utils.figures import plot_scores
from cgan_utils.pictures import bar_chart, beside, encode_png, enlarge

FRAMES = np.random.default_rng(0).random((5, 28, 28, 1)).astype("float32")
COLORED = np.random.default_rng(1).random((4, 20, 32, 3)).astype("float32")

BAD_IMAGES = {
    "none at all": [],
    "no images": np.zeros((0, 28, 28, 1)),
    "one without a batch": FRAMES[0],
    "no channel": FRAMES[..., 0],
    "two channels": np.zeros((3, 28, 28, 2)),
    "bytes": np.uint8(FRAMES * 255),
    "bytes as floats": FRAMES * 255,
    "of a tanh": FRAMES * 2 - 1,
    "NaN": FRAMES * np.nan,
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def shows():
    """What is drawn, called like what `evaluate` gives: `shows(measures)`."""

    def scores(measures: int) -> SimpleNamespace:
        values = {f"measure_{i}": np.linspace(0, i, 4) for i in range(measures)}
        table = np.array([[5, 0, 0, 0], [0, 4, 1, 0], [0, 0, 5, 0], [0, 0, 0, 0]])
        return SimpleNamespace(
            samples=15,
            conditional_accuracy=14 / 15,
            ceiling=0.99,
            table=table,
            per_class=values or None,
            real=values or None,
        )

    return scores


def assert_one_sentence(error):
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message and ". " not in message


# Images as one picture


def test_grid_places_images_row_by_row():
    picture = cg.grid(FRAMES, columns=3)
    assert picture.shape == (2 * 29 - 1, 3 * 29 - 1) and picture.dtype == np.float32
    np.testing.assert_array_equal(picture[:28, 29:57], FRAMES[1, ..., 0])
    np.testing.assert_array_equal(picture[29:, :28], FRAMES[3, ..., 0])
    assert (picture[28] == 0.5).all() and (picture[29:, 58:] == 0.5).all()


def test_grid_of_colors_keeps_them_and_the_size():
    picture = cg.grid(COLORED, columns=2, gap=3)
    assert picture.shape == (2 * 20 + 3, 2 * 32 + 3, 3)
    np.testing.assert_array_equal(picture[23:, 35:], COLORED[3])
    np.testing.assert_array_equal(picture[20:23], np.full((3, 67, 3), 0.5))


def test_enlarging_repeats_pixels():
    np.testing.assert_array_equal(enlarge(np.array([[0.0, 1.0]]), 2), [[0, 0, 1, 1], [0, 0, 1, 1]])
    assert enlarge(COLORED[0], 3).shape == (60, 96, 3)


@pytest.mark.parametrize(
    ("pixels", "high"), [(28, 168), (64, 192), (32, 160), (7, 168), (400, 400)]
)
def test_beside_enlarges_to_about_168_pixels(pixels, high):
    image = np.ones((pixels, pixels, 1))
    picture = beside(image, np.full((10, 5), 0.25))
    assert picture.shape == (high, high + 8 + 5)
    assert (picture[:, :high] == 1).all() and (picture[:, high : high + 8] == 0.5).all()
    assert (picture[:10, high + 8 :] == 0.25).all() and (picture[10:, high + 8 :] == 0).all()


@pytest.mark.parametrize("color", ["left", "right", "both"])
def test_beside_is_in_color_if_either_part_is(color):
    red = np.array([1.0, 0, 0])
    left = np.full((28, 28, 1), 0.75) if color == "right" else np.tile(red, (28, 28, 1))
    right = np.full((200, 9), 0.25) if color == "left" else np.tile(red, (200, 9, 1))
    picture = beside(left, right)
    assert picture.shape == (200, 168 + 8 + 9, 3)
    np.testing.assert_array_equal(picture[0, 0], [0.75] * 3 if color == "right" else red)
    np.testing.assert_array_equal(picture[0, -1], [0.25] * 3 if color == "left" else red)
    np.testing.assert_array_equal(picture[199, 0], [0] * 3)


def test_a_bar_is_as_high_as_its_number():
    picture = bar_chart([0, 0.5, 1])
    assert picture.shape == (168, 56 * 4)
    middles = [56 + 56 * i + 28 for i in range(3)]
    assert [(picture[:134, x] == np.float32(0.8)).sum() for x in middles] == [0, 56, 112]
    numbers = [picture[136:, x - 28 : x + 28] for x in middles]
    assert all(number.max() > 0.9 for number in numbers)
    assert (numbers[0] != numbers[1]).any()


def test_bars_stand_on_a_scale():
    """Lines at 0, 50 and 100 % from one side to the other, with their numbers on the left."""
    picture = bar_chart([0, 0])
    (lines,) = np.nonzero((picture[: 134 + 1, 56:] > 0.3).all(axis=1))
    assert lines.tolist() == [22, 78, 134]
    assert all(picture[y - 8 : y + 8, :48].max() > 0.9 for y in lines)


@pytest.mark.parametrize("bars", [[], [[0.5]], [0.5, np.nan], [-0.1], [1.1]])
def test_bars_out_of_range_get_a_sentence(bars):
    with pytest.raises(ValueError, match="bars' heights") as error:
        bar_chart(bars)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (3, 3), (1, 1)])
def test_a_png_holds_the_picture(shape):
    picture = np.random.default_rng(2).random(shape)
    image = Image.open(io.BytesIO(encode_png(picture)))
    assert image.format == "PNG" and image.mode == ("RGB" if len(shape) == 3 else "L")
    np.testing.assert_array_equal(np.asarray(image), np.rint(picture * 255))


@pytest.mark.parametrize(
    "picture",
    [
        np.full((2, 2), -0.5),
        np.full((2, 2), 1.004),
        np.full((2, 2), np.nan),
        np.full((2, 2), np.inf),
        np.zeros((2, 2), np.uint8),
        np.zeros(5),
        np.zeros((0, 5)),
        np.zeros((5, 5, 2)),
        np.zeros((2, 5, 5, 1)),
    ],
)
def test_a_bad_picture_gets_a_sentence(picture):
    with pytest.raises(ValueError, match="pictures") as error:
        encode_png(picture)
    assert str(error.value).endswith(".")


# Figures


def test_show_images_labels_its_columns():
    ax = cg.show_images(FRAMES, columns=5, title="five", column_labels=range(5), row_labels=["a"])
    assert [t.get_text() for t in ax.get_xticklabels()] == list("01234")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a"]
    assert ax.get_title() == "five"
    np.testing.assert_allclose(ax.get_xticks(), [13.5, 42.5, 71.5, 100.5, 129.5])
    np.testing.assert_allclose(ax.figure.get_size_inches(), [0.3 + 144 / 42, 0.5 + 28 / 42])


def test_labels_stand_at_the_middle_of_images_of_any_size():
    ax = cg.show_images(COLORED, columns=2, column_labels="ab", row_labels="cd")
    np.testing.assert_allclose(ax.get_xticks(), [15.5, 15.5 + 33])
    np.testing.assert_allclose(ax.get_yticks(), [9.5, 9.5 + 21])
    np.testing.assert_array_equal(ax.images[0].get_array(), cg.grid(COLORED, columns=2))
    # An image of 32 pixels is as long as one of 28 is above.
    np.testing.assert_allclose(ax.figure.get_size_inches(), [0.3 + 65 / 48, 0.5 + 41 / 48])


def test_a_list_of_images_is_shown_as_an_array_is():
    ax = cg.show_images(list(FRAMES), columns=5)
    np.testing.assert_array_equal(ax.images[0].get_array(), cg.grid(FRAMES, columns=5))


@pytest.mark.parametrize("show", [cg.grid, cg.show_images, cg.live_images()])
@pytest.mark.parametrize("bad", BAD_IMAGES)
def test_bad_images_get_a_sentence_and_no_figure(show, bad):
    settings = {} if show in (cg.grid, cg.show_images) else {"title": ""}
    with pytest.raises(ValueError, match="images") as error:
        show(BAD_IMAGES[bad], **settings)
    assert_one_sentence(error)
    assert not plt.get_fignums()


@pytest.mark.parametrize("columns", [0, -1, 2.0, True, "ten", None])
@pytest.mark.parametrize("show", [cg.grid, cg.show_images])
def test_bad_columns_get_a_sentence_and_no_figure(show, columns):
    with pytest.raises(ValueError, match="columns is") as error:
        show(FRAMES, columns)
    assert_one_sentence(error)
    assert not plt.get_fignums()


def test_numpy_integers_are_whole_numbers(tmp_path):
    two = np.int64(2)
    np.testing.assert_array_equal(cg.grid(FRAMES, two, gap=two), cg.grid(FRAMES, 2, gap=2))
    path = cg.save_gif(tmp_path / "a.gif", FRAMES, fps=two, loop=two, height=np.uint8(28))
    assert read_gif(path)[:2] == ([500] * 5, 1)


def test_live_images_redraw_one_display(monkeypatch):
    calls = []

    def display(figure, display_id):
        calls.append(figure)
        return SimpleNamespace(update=calls.append)

    monkeypatch.setattr(figures, "display", display)
    show = cg.live_images()
    for title in ("first", "second"):
        show(COLORED, title)
    assert [figure.axes[0].get_title() for figure in calls] == ["first", "second"]
    assert not plt.get_fignums()


HEALTHY = {
    "d_loss": [1.2, 1.3],
    "d_loss_real": [0.6, 0.7],
    "d_loss_fake": [0.6, 0.6],
    "g_loss": [1, 2],
}


def history_of(losses, game=None):
    """What `fit` of a model that plays the game gives."""
    history = keras.callbacks.History()
    history.history = losses
    history.set_model(SimpleNamespace(game=game) if game else SimpleNamespace())
    return history


def line_of_guessing(ax):
    return [line for line in ax.lines if line.get_label() == "guessing: log 2"]


@pytest.mark.parametrize(
    "history",
    [HEALTHY, history_of(HEALTHY), history_of(HEALTHY, "minimax"), history_of(HEALTHY).history],
)
def test_plot_losses_draws_what_was_recorded(history):
    ax = cg.plot_losses(history)
    assert [line.get_label() for line in ax.lines[:3]] == [
        "D on real pairs",
        "D on fake pairs",
        "G",
    ]
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), [[1, 1], [2, 2]])
    (line,) = line_of_guessing(ax)
    np.testing.assert_allclose(line.get_ydata(), np.log(2))
    assert len(ax.lines) == 4 and ax.get_ylim()[0] == 0


@pytest.mark.parametrize("name", ["d_loss", "d_loss_real", "d_loss_fake"])
def test_a_critic_has_no_line_of_guessing_and_is_shown_whole(name):
    ax = cg.plot_losses(HEALTHY | {name: [-9.5, 3]})
    assert not line_of_guessing(ax)
    if name != "d_loss":  # which is not drawn
        assert ax.get_ylim()[0] < -9.5


def test_a_wasserstein_game_has_no_line_of_guessing_whatever_its_losses():
    assert not line_of_guessing(cg.plot_losses(history_of(HEALTHY, "wasserstein")))


def test_the_negative_loss_of_a_saturating_generator_is_shown_whole():
    ax = cg.plot_losses(HEALTHY | {"g_loss": [-0.7, -2.5]})
    assert line_of_guessing(ax) and ax.get_ylim()[0] < -2.5


@pytest.mark.parametrize("nothing", [{}, {"loss": [1]}, {"g_loss": []}, None, history_of({})])
def test_a_history_without_losses_gets_a_sentence_and_no_figure(nothing):
    with pytest.raises(ValueError, match="history has no losses") as error:
        cg.plot_losses(nothing)
    assert_one_sentence(error)
    assert not plt.get_fignums()


@pytest.mark.parametrize("measures", [0, 1, 2, 5, 6, 7])
def test_scores_have_a_panel_for_each_measure(shows, measures):
    figure = plot_scores(shows(measures))
    figure.canvas.draw()
    table, *panels = figure.axes
    assert table.get_ylabel() == "asked for"
    assert [text.get_text() for text in table.texts] == ["5", "4", "1", "5"]
    assert np.isfinite(table.images[0].get_array()).all()  # also where nothing was asked for
    assert [ax.get_title() for ax in panels] == [f"measure {i}" for i in range(measures)]
    for i, ax in enumerate(panels):
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], np.linspace(0, i, 4))
        np.testing.assert_array_equal(ax.get_xticks(), range(4))
        lowest = i >= measures - 2
        assert ax.get_xlabel() == ("class asked for" if lowest else "")
        assert ax.xaxis.get_tick_params()["labelbottom"] == lowest
    spots = {ax.get_subplotspec().get_geometry()[:2] for ax in panels}
    assert spots == ({(-(-measures // 2), 2)} if measures else set())


def test_nothing_but_use_style_changes_the_state_of_matplotlib(shows, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "display", lambda *_, **__: None)
    own, ax = plt.subplots()
    before = dict(plt.rcParams)
    cg.show_images(FRAMES, ax=ax)
    cg.plot_losses(HEALTHY, ax=ax)
    cg.live_images()(FRAMES, "live")
    cg.save_gif(tmp_path / "a.gif", FRAMES)
    encode_png(beside(FRAMES[0], bar_chart([0.5])))
    assert plt.gcf() is own and plt.get_fignums() == [own.number]
    for draw in (
        lambda: cg.show_images(FRAMES).figure,
        lambda: cg.plot_losses(HEALTHY).figure,
        lambda: plot_scores(shows(3)),
    ):
        assert draw() is plt.gcf() is not own
    assert dict(plt.rcParams) == before
    with plt.rc_context():
        cg.use_style()
        assert dict(plt.rcParams) != before


# The GIF


def read_gif(path):
    """The durations of its frames in milliseconds, its count of repeats, and its frames."""
    image = Image.open(path)
    assert image.format == "GIF"
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(frame.info["duration"])
        frames.append(np.asarray(frame.convert("RGB")))
    data = Path(path).read_bytes()
    head, name, tail = data.partition(b"\x21\xff\x0bNETSCAPE2.0\x03\x01")
    repeats = int.from_bytes(tail[:2], "little") if name else None
    return durations, repeats, np.stack(frames)


def test_gif_is_96_pixels_high_and_holds_the_frames(tmp_path):
    path = cg.save_gif(tmp_path / "a.gif", FRAMES, fps=10)
    assert path == tmp_path / "a.gif" and list(tmp_path.iterdir()) == [path]
    durations, repeats, read = read_gif(path)
    assert durations == [100] * 5 and repeats == 0
    assert read.shape == (5, 96, 96, 3)
    for frame, drawn in zip(FRAMES, read, strict=True):
        assert drawn.mean() / 255 == pytest.approx(frame.mean(), abs=0.02)


def test_gif_of_the_same_height_has_the_very_pixels(tmp_path):
    _, _, read = read_gif(cg.save_gif(tmp_path / "a.gif", FRAMES, height=28))
    np.testing.assert_array_equal(read, np.rint(FRAMES * 255).repeat(3, axis=-1))


def test_gif_of_a_wide_picture_keeps_its_proportions(tmp_path):
    path = cg.save_gif(tmp_path / "wide.gif", np.zeros((2, 28, 56, 1)), height=14)
    assert Image.open(path).size == (28, 14)
    path = cg.save_gif(tmp_path / "line.gif", np.zeros((2, 28, 1, 1)), height=3)
    assert Image.open(path).size == (1, 3)


def test_gif_in_color(tmp_path):
    colors = np.eye(3, dtype=np.float32)[:, None, None].repeat(8, 1).repeat(12, 2)
    _, _, read = read_gif(cg.save_gif(tmp_path / "rgb.gif", colors, height=16))
    assert read.shape == (3, 16, 24, 3)
    np.testing.assert_array_equal(read[:, 8, 12], 255 * np.eye(3))


@pytest.mark.parametrize("height", [1, 3, 4])
def test_small_gray_frames_are_not_taken_for_colors(tmp_path, height):
    durations, _, read = read_gif(cg.save_gif(tmp_path / "a.gif", FRAMES[:4], height=height))
    assert len(durations) == 4 and read.shape == (4, height, height, 3)
    assert (read[..., :1] == read).all()


def test_one_frame_is_a_gif_too(tmp_path):
    durations, repeats, read = read_gif(cg.save_gif(tmp_path / "a.gif", FRAMES[:1], fps=4))
    assert durations == [250] and repeats == 0 and len(read) == 1


@pytest.mark.parametrize(("loop", "repeats"), [(0, 0), (1, None), (2, 1), (7, 6), (65_536, 65_535)])
def test_a_gif_plays_as_often_as_asked(tmp_path, loop, repeats):
    assert read_gif(cg.save_gif(tmp_path / "a.gif", FRAMES, loop=loop))[1] == repeats


@pytest.mark.parametrize("fps", [50, 49, 40, 30, 24, 7, 1, 0.3, 1 / 600])
def test_a_gif_plays_as_fast_as_asked(tmp_path, fps):
    frames = np.tile(FRAMES, (6, 1, 1, 1))
    durations, _, _ = read_gif(cg.save_gif(tmp_path / "a.gif", frames, fps=fps, height=8))
    assert len(durations) == 30
    ends = np.cumsum(durations)
    np.testing.assert_allclose(ends, 1000 * np.arange(1, 31) / fps, rtol=0, atol=5.01)
    assert min(durations) >= 20  # browsers slow down what is faster


def test_pictures_that_stand_still_stay_as_long_as_asked(tmp_path):
    frames = FRAMES[[0, 0, 0, 1, 2, 2]]
    durations, _, read = read_gif(cg.save_gif(tmp_path / "a.gif", frames, fps=30))
    assert len(read) == 3 and durations == [100, 30, 70]
    durations, _, _ = read_gif(cg.save_gif(tmp_path / "b.gif", FRAMES[[0] * 9], fps=30))
    assert durations == [300]


@pytest.mark.parametrize(
    ("frames", "fps"), [(FRAMES, 0.001), (FRAMES[[0, 0]], 1 / 400), (FRAMES[[0, 1, 1]], 1 / 328)]
)
def test_a_picture_that_stands_still_too_long_for_the_format_gets_a_sentence(tmp_path, frames, fps):
    with pytest.raises(ValueError, match=r"fps is .* at most 655\.35 s"):
        cg.save_gif(tmp_path / "a.gif", frames, fps=fps)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", BAD_IMAGES)
def test_bad_frames_get_a_sentence_and_leave_nothing(tmp_path, bad):
    with pytest.raises(ValueError, match="frames") as error:
        cg.save_gif(tmp_path / "bad.gif", BAD_IMAGES[bad])
    assert_one_sentence(error)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("fps", value) for value in (0, -1, 51, 100, np.nan, np.inf, True, "10", None)),
        *(("loop", value) for value in (-1, 70_000, 65_537, 1.0, True, "1", np.nan)),
        *(("height", value) for value in (0, -5, np.inf, np.nan, 96.0, True, 70_000)),
    ],
)
def test_bad_settings_get_a_sentence_and_leave_nothing(tmp_path, name, value):
    with pytest.raises(ValueError, match=f"{name} is") as error:
        cg.save_gif(tmp_path / "bad.gif", FRAMES, **{name: value})
    assert_one_sentence(error)
    assert not list(tmp_path.iterdir())


def test_a_gif_wider_than_the_format_allows_gets_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="height is 96; give a whole number from 1 to 65"):
        cg.save_gif(tmp_path / "wide.gif", np.zeros((2, 1, 1000, 1)))
    path = cg.save_gif(tmp_path / "wide.gif", np.zeros((2, 1, 1000, 1)), height=65)
    assert Image.open(path).size == (65_000, 65)


def test_the_home_folder_may_be_given_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert cg.save_gif(os.path.join("~", "a.gif"), FRAMES) == tmp_path / "a.gif"
    assert (tmp_path / "a.gif").is_file()


def test_a_path_that_cannot_be_written_gets_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*missing"):
        cg.save_gif(tmp_path / "missing" / "a.gif", FRAMES)
    with pytest.raises(ValueError, match=r"must end in \.gif"):
        cg.save_gif(tmp_path / "a.png", FRAMES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["imageio.v3.imwrite", "os.replace"])
def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch, step):
    path = cg.save_gif(tmp_path / "a.gif", FRAMES)
    before = path.read_bytes()

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full_disk)
    with pytest.raises(OSError, match="cannot write .*No space left"):
        cg.save_gif(path, FRAMES[:2])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# Shown source


def test_shown_source_is_framed_and_takes_the_colors_of_the_page(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append(data))
    cg.show_source(cg.one_hot, cg.LabelPlanes)
    assert len(shown) == 2 and shown[0]["text/plain"].startswith("def one_hot(")
    for data in shown:
        page = data["text/html"]
        assert re.search(r"<pre style=\"[^\"]*border: 1px solid", page)
        assert "var(--jp-cell-editor-background, " in page
        colors = re.findall(r'<span style="color: ([^;"]*)', page)
        assert colors and all(color.startswith("var(--jp-mirror-editor-") for color in colors)
        assert html.unescape(re.sub("<[^>]+>", "", page)).strip() == data["text/plain"].strip()
