"""Slant, width and stroke of digits: bars, of which all three are known."""

import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils.morphology import measure_digits, thinned


def bar(rows, columns, lean=0.0):
    """A bright rectangle, (28, 28, 1), whose rows are moved to the right by lean a pixel upward."""
    row, column = np.mgrid[:28, :28]
    middle = (rows[0] + rows[1] - 1) / 2
    start = columns[0] - lean * (row - middle)
    covered = np.clip(column + 1 - start, 0, 1) - np.clip(
        column + 1 - start - (columns[1] - columns[0]), 0, 1
    )
    inside = (row >= rows[0]) & (row < rows[1])
    return (covered * inside).astype(np.float32)[..., None]


@pytest.mark.parametrize("width", [2, 3, 4, 6])
def test_a_bar_has_its_width_and_its_stroke(width):
    found = measure_digits(bar((4, 24), (10, 10 + width))[None])
    assert found.slant == pytest.approx(0, abs=1e-6)
    assert found.width == pytest.approx(0.96 * width, abs=0.25)  # 2 % of the ink on either side
    assert found.stroke == pytest.approx(width, abs=0.26)  # in quarters of a pixel


@pytest.mark.parametrize("lean", [-1, -0.5, 0.25, 1])
def test_a_leaning_bar_has_its_slant_and_the_width_that_it_has_upright(lean):
    found = measure_digits(bar((4, 24), (12, 16), lean)[None])
    assert found.slant == pytest.approx(np.degrees(np.arctan(lean)), abs=0.5)
    # Nearly 4, and up to a pixel more where pixels at the ends are covered in part; across all
    # rows it would be at least 8.
    assert 0.96 * 4 - 0.25 <= found.width <= 5
    # Across the stroke it is as thick as its width times the cosine of the slant.
    assert found.stroke == pytest.approx(4 * np.cos(np.arctan(lean)), abs=0.4)


def test_a_wide_bar_has_the_stroke_of_its_height():
    found = measure_digits(bar((12, 15), (3, 25))[None])
    assert found.width == pytest.approx(0.96 * 22, abs=0.25)
    assert found.stroke == pytest.approx(3, abs=0.26)


def test_many_images_are_measured_one_by_one():
    images = cg.load_images("mnist", "test").images[:260]
    together = np.array(measure_digits(images))
    alone = np.array(measure_digits(images[255:257]))
    np.testing.assert_allclose(together[:, 255:257], alone, atol=1e-6)
    assert together.shape == (3, 260) and np.isfinite(together).all()


def test_darker_ink_changes_nothing():
    images = cg.load_images("mnist", "test").images[:20]
    bright, dark = measure_digits(images), measure_digits(images / 2)
    for one, other in zip(bright, dark, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_no_ink_has_no_numbers():
    found = measure_digits(np.zeros((2, 28, 28, 1), np.float32))
    assert all(np.isnan(numbers).all() for numbers in found)


def test_ink_in_a_single_row_leans_nowhere():
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[:, 13, 5:20] = np.linspace(0.1, 1, 15)[:, None]
    found = measure_digits(images)
    assert np.isnan(found.slant).all() and np.isnan(found.width).all()
    assert (found.stroke > 0).all()


def test_other_images_get_a_sentence():
    with pytest.raises(ValueError, match="give gray ones"):
        measure_digits(np.zeros((2, 16, 16, 3), np.float32))


def test_what_is_thinned_is_one_pixel_wide_and_does_not_break():
    shape = np.zeros((1, 12, 20), bool)
    shape[:, 2:5, 2:18] = shape[:, 2:11, 8:11] = True  # a T
    line = thinned(shape)[0]
    assert (line <= shape[0]).all()
    assert line[:, 4:7].sum() == 3 and line[6:9].sum() == 3  # one pixel a column, one a row
    row, column = np.nonzero(line)
    reached, new = set(), {(row[0], column[0])}
    places = set(zip(row.tolist(), column.tolist(), strict=True))
    while new:
        reached |= new
        new = {(r + i, c + j) for r, c in new for i in (-1, 0, 1) for j in (-1, 0, 1)}
        new = (new & places) - reached
    assert reached == places
