import imageio.v3 as imageio
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

import cgan_utils as cg

FRAMES = np.random.default_rng(0).random((5, 28, 28, 1)).astype("float32")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_grid_places_images_row_by_row():
    picture = cg.grid(FRAMES, columns=3)
    assert picture.shape == (2 * 29 - 1, 3 * 29 - 1)
    np.testing.assert_array_equal(picture[:28, 29:57], FRAMES[1, ..., 0])
    np.testing.assert_array_equal(picture[29:, :28], FRAMES[3, ..., 0])


def test_show_images_labels_its_columns():
    ax = cg.show_images(FRAMES, columns=5, title="five", column_labels=range(5), row_labels=["a"])
    assert [t.get_text() for t in ax.get_xticklabels()] == list("01234")
    assert ax.get_title() == "five"


def test_plot_losses_draws_what_was_recorded():
    ax = cg.plot_losses({"d_loss_real": [1, 2], "g_loss": [3, 4]})
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [3, 4])
    assert len(ax.lines) == 3  # two losses and the line of guessing


def test_gif_is_96_pixels_high_and_holds_the_frames(tmp_path):
    path = cg.save_gif(tmp_path / "a.gif", FRAMES, fps=10)
    read = imageio.imread(path, index=None)
    assert read.shape[:3] == (5, 96, 96)
    assert imageio.immeta(path)["duration"] == 100
    assert imageio.immeta(path)["loop"] == 0
    shrunk = read[0, ..., 0].reshape(96, 96).mean()
    assert shrunk / 255 == pytest.approx(FRAMES[0].mean(), abs=0.02)


def test_gif_of_a_wide_picture_keeps_its_proportions(tmp_path):
    path = cg.save_gif(tmp_path / "wide.gif", np.zeros((2, 28, 56)), height=28)
    assert imageio.improps(path).shape[-3:-1] == (28, 56)


@pytest.mark.parametrize(
    "frames",
    [np.zeros((0, 28, 28, 1)), np.zeros((28, 28)), FRAMES * 255, FRAMES - 1, FRAMES * np.nan],
)
def test_bad_frames_get_a_sentence_and_leave_nothing(tmp_path, frames):
    with pytest.raises(ValueError, match="frames"):
        cg.save_gif(tmp_path / "bad.gif", frames)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("settings", [{"fps": 0}, {"fps": 100}, {"height": 0}, {"loop": -1}])
def test_bad_settings_get_a_sentence(tmp_path, settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        cg.save_gif(tmp_path / "bad.gif", FRAMES, **settings)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path):
    with pytest.raises(OSError, match="cannot write .* folder that you may write to"):
        cg.save_gif(tmp_path / "missing" / "a.gif", FRAMES)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write"):
        cg.save_gif(tmp_path / "file" / "a.gif", FRAMES)
    with pytest.raises(ValueError, match=r"must end in \.gif"):
        cg.save_gif(tmp_path / "a.png", FRAMES)


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = cg.save_gif(tmp_path / "a.gif", FRAMES)
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        cg.save_gif(path, FRAMES[:2])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
