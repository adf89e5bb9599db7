"""The faces: what the labels say is what the pixels show, and the script draws them again."""

import hashlib
import itertools
import json
import zipfile
from importlib.resources import files as package_files

import numpy as np
import pytest

import build_faces
import cgan_utils as cg
from cgan_utils import files

NAMES = ("long hair", "glasses", "beard", "hat", "smile", "skin", "gray")


@pytest.fixture(scope="module")
def train():
    return cg.load_images("faces", "train")


@pytest.fixture(scope="module")
def test():
    return cg.load_images("faces", "test")


@pytest.fixture(scope="module")
def everything():
    return cg.load_images("faces", "all")


@pytest.fixture(scope="module")
def pixels(everything):
    """All faces, (10000, 16, 16, 3), from 0 to 255."""
    return np.rint(everything.images * 255).astype(int)


@pytest.fixture(scope="module")
def told(everything):
    """What the labels tell, a column a name."""
    return dict(zip(everything.condition.names, everything.labels.T, strict=True))


def color(code):
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)])


def distance(pixels, colors):
    """How far each pixel (N, 3) is from the closest of the colors, in its worst channel."""
    return np.min([abs(pixels - color(code)).max(axis=1) for code in colors], axis=0)


def face_color(told):
    """The style's skin with a tenth of white, (N, 3)."""
    low, high = map(color, build_faces.SKIN)
    return 0.9 * (low + told["skin"][:, None] * (high - low)) + 0.1 * 255


def seen_gray(pixels):
    """Read gray off hair pixels: blue goes from 16 (10 to 23, by hair) to 200 along a line."""
    return (pixels[..., 2] - 16) / (200 - 16)


# The file


def test_both_splits_load_and_have_the_documented_form(train, test):
    assert train.source == "the embedded sample of Faces, training split: 8,000 images"
    for split, count in ((train, 8000), (test, 2000)):
        assert split.images.shape == (count, 16, 16, 3) and split.images.dtype == np.float32
        assert split.images.min() == 0 and split.images.max() == 1
        assert split.labels.shape == (count, 7) and split.labels.dtype == np.float32
        assert split.condition.names == NAMES and split.condition.width == 7
    images, rows = next(iter(train.batches(32)))
    assert images.shape == (32, 16, 16, 3) and rows.shape == (32, 7)


def test_all_faces_come_with_the_package():
    with pytest.raises(ValueError, match="Faces is nowhere to be downloaded"):
        cg.load_images("faces", source="full")


def test_the_file_is_small_has_no_date_and_the_readme_states_its_hash():
    path = files.SHIPPED / "faces.npz"
    readme = (files.SHIPPED / "README.md").read_text("utf-8")
    assert path.stat().st_size <= 1_200_000
    assert f"{path.stat().st_size:,} bytes" in readme
    assert hashlib.sha256(path.read_bytes()).hexdigest() in readme
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_art_is_under_the_license_that_card_and_record_name():
    path = package_files("dicebear_styles") / "pixel-art.json"
    meta = json.loads(path.read_text("utf-8"))["meta"]
    assert (meta["license"]["name"], meta["creator"]["name"]) == ("CC0 1.0", "DiceBear")
    assert meta["license"]["url"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    card = files.load_card("faces")
    assert card["license"] == meta["license"]["name"]
    assert card["data"].startswith(cg.DATASETS["faces"].license)


@pytest.mark.parametrize("first", [0, build_faces.TRAIN])
def test_the_script_draws_the_same_faces_again(everything, pixels, first):
    labels = build_faces.draw_labels()
    np.testing.assert_array_equal(labels, everything.labels)
    for number in range(first, first + 100):
        again = build_faces.draw_face(number, labels[number])
        np.testing.assert_array_equal(again, pixels[number])


# The labels


def test_all_faces_differ_so_no_test_face_is_a_training_face(pixels):
    assert len({face.astype(np.uint8).tobytes() for face in pixels}) == len(pixels) == 10_000


def test_binary_attributes_are_0_or_1_and_continuous_ones_on_a_grid(everything):
    assert set(everything.labels[:, :5].ravel()) == {0, 1}
    assert (everything.labels[:, 5:] * 128 % 1 == 0).all()
    for column in everything.labels[:, 5:].T:
        assert len(set(column)) == 129  # from 0 to 1, every step is there
        tenths = np.histogram(column, bins=10, range=(0, 1 + 1 / 128))[0]
        np.testing.assert_allclose(tenths, 1000, atol=4.5 * 1000**0.5)


def test_attributes_are_drawn_fairly_and_independently(train, test):
    """Up to the error of a sample: a correlation of independent numbers is about 1/sqrt(N)."""
    for split in (train, test):
        sampling_error = 1 / np.sqrt(len(split.labels))
        correlations = np.corrcoef(split.labels.T) - np.eye(7)
        assert abs(correlations).max() <= 3.5 * sampling_error
        assert abs(split.labels.mean(axis=0) - 0.5).max() <= 3.5 * 0.5 * sampling_error


def test_every_combination_of_the_binary_ones_occurs(train, test):
    for split in (train, test):
        seen = {tuple(row) for row in split.labels[:, :5]}
        assert seen == set(itertools.product((0, 1), repeat=5))


# What the pixels show: one of them tells each attribute


def test_skin_is_the_color_of_the_nose(pixels, told):
    np.testing.assert_allclose(pixels[:, 8, 7], face_color(told), atol=2)


def test_a_pixel_beside_the_chin_is_hair_for_long_hair_and_white_for_short(pixels, told):
    beside, long = pixels[:, 11, 2], told["long hair"] == 1
    assert (beside[~long] == 255).all()
    np.testing.assert_allclose(seen_gray(beside[long]), told["gray"][long], atol=0.05)


def test_a_pixel_between_the_eyes_is_skin_unless_there_are_glasses(pixels, told):
    difference = abs(pixels[:, 6, 7] - face_color(told)).max(axis=1)
    assert difference[told["glasses"] == 0].max() <= 2
    assert difference[told["glasses"] == 1].min() >= 20


def test_a_pixel_of_the_chin_is_skin_or_beard(pixels, told):
    chin, beard = pixels[:, 11, 7], told["beard"] == 1
    skin = face_color(told)
    np.testing.assert_allclose(chin[~beard], skin[~beard], atol=2)
    hair = (chin[beard] - 0.1 * skin[beard]) / 0.9
    np.testing.assert_allclose(seen_gray(hair), told["gray"][beard], atol=0.05)
    assert abs(chin[beard] - skin[beard]).max(axis=1).min() >= 15  # and never like skin


def test_a_pixel_above_the_forehead_has_a_hat_s_color_or_none_of_them(pixels, told):
    above = distance(pixels[:, 2, 3], build_faces.STYLE["hatColor"])
    assert above[told["hat"] == 1].max() == 0 and above[told["hat"] == 0].min() >= 20


def test_a_smile_has_its_middle_a_pixel_lower(pixels, told):
    smile = told["smile"] == 1
    lower = distance(pixels[:, 10, 7], build_faces.STYLE["mouthColor"])
    assert lower[smile].max() == 0 and lower[~smile].min() >= 40
    upper = distance(pixels[:, 9, 7], build_faces.STYLE["mouthColor"])
    assert upper[~smile].max() == 0


def test_gray_shows_in_the_hair_without_a_hat(pixels, told):
    bare = (told["long hair"] == 0) & (told["hat"] == 0)
    np.testing.assert_allclose(seen_gray(pixels[bare, 3, 3]), told["gray"][bare], atol=0.05)


# Each attribute pulled alone: rows that may change, and pixels that do at the least
PULLED = {
    "long hair": (range(16), 16),
    "glasses": (range(4, 9), 16),
    "beard": (range(6, 14), 17),
    "hat": (range(4), 30),
    "smile": (range(9, 11), 4),
    "skin": (range(2, 16), 18),
    "gray": (range(16), 4),
}


@pytest.mark.parametrize("name", NAMES)
def test_pulling_one_attribute_shows_and_leaves_the_rest(everything, name):
    rows, least = PULLED[name]
    column = NAMES.index(name)
    for number in range(40):
        low, high = everything.labels[number].copy(), everything.labels[number].copy()
        low[column], high[column] = 0, 1
        faces = [build_faces.draw_face(number, row).astype(int) for row in (low, high)]
        changed = abs(faces[1] - faces[0]).max(axis=2) >= 15
        assert changed.sum() >= least
        assert set(np.flatnonzero(changed.any(axis=1))) <= set(rows)


def test_gray_is_seen_below_a_hat(everything):
    """Also where short hair and no beard leave the least of it: four pixels."""
    rows = everything.condition.rows({"hat": 1, "gray": [0, 1]})
    for number in range(60):
        dark, gray = (build_faces.draw_face(number, row).astype(int) for row in rows)
        assert (abs(gray - dark).max(axis=2) >= 100).sum() >= 4
