"""What 00 and 01 say is what their cells print, or comes out again; their checks find mistakes."""

import re

import numpy as np
import pytest
from books import cells_of, printed_by, prose_of

import cgan_utils as cg
import pictures
from cgan_utils.files import load_arrays, load_card


def printed(name):
    return "\n".join(printed_by(name))


def code_with(name, part):
    (source,) = [c.source for c in cells_of(name) if c.cell_type == "code" and part in c.source]
    return source


def run(name, *parts, **space):
    """Run the cells that hold these parts, in this order, and give what they have defined."""
    space = {"cg": cg, "np": np, **space}
    for part in parts:
        exec(code_with(name, part), space)
    return space


@pytest.fixture(scope="module")
def generator():
    return cg.load_pretrained("mnist")


@pytest.fixture(scope="module")
def measured(generator):
    """Slant, width and ink, along each of the three directions: (3, 5, 3)."""
    parts = "def slant_width_ink", "moved = "
    return run("00_start", *parts, generator=generator)["measured"]


# 00


def test_noise_3_was_chosen_as_the_comment_says(generator):
    assert "NOISE = 3  # of noise 0 to 11, the one whose ten digits" in code_with(
        "00_start", "NOISE ="
    )
    assert pictures.surest_noises(generator)[0] == 3


def test_what_00_says_of_the_shipped_generator(generator):
    assert "that was trained on 60,000 digits" in prose_of("00_start")
    assert "60,000 images" in load_card("generator_mnist")["data"]
    assert "64 random numbers called noise" in prose_of("00_start") and generator.latent_dim == 64


def test_noise_a_writes_thin_and_b_bold_from_0_to_9(generator):
    assert "A writes thin and B bold, from 0 to 9" in prose_of("00_start")
    assert "noises = generator.draw_latents(4, seed=2)" in code_with("00_start", "noises =")
    thin, bold, *_ = generator.draw_latents(4, seed=2)[:, None]
    ink = [generator.generate(range(10), latents=z).mean(axis=(1, 2, 3)) for z in (thin, bold)]
    assert (1.25 * ink[0] < ink[1]).all()


def test_a_larger_noise_scale_varies_more_and_is_read_less_often():
    assert "At 0 all are one image; further out they differ more, and fewer" in prose_of("00_start")
    lines = re.findall(r"recognized +([\d.]+)% +spread of a pixel ([\d.]+)", printed("00_start"))
    right, spread = np.array(lines, float).T
    assert len(right) == 4 and spread[0] == 0 and (np.diff(spread) > 0).all()
    assert right[0] == right[1] == 100 and right[1] > right[2] > right[3]


def test_each_direction_has_its_main_effect(measured):
    assert (
        "Direction 1 leans digits from right to left, direction 2 thins them, direction 3 makes "
        "them narrow." in prose_of("00_start")
    )
    change = measured[:, -1] - measured[:, 0]
    assert abs(change).argmax(axis=0).tolist() == [0, 2, 1]  # of slant, width, ink
    assert measured[0, 0, 0] > 15 and measured[0, -1, 0] < -15
    assert change[1, 2] < 0 and change[2, 1] < 0


def test_no_direction_does_one_thing_alone(measured):
    assert "digits that lean left get wider, thinner ones lean left and get narrower" in prose_of(
        "00_start"
    )
    steps = np.diff(measured, axis=1)
    assert (steps[0, :, 1] > 0).all()
    assert (steps[1, :, :2] < 0).all()


def test_at_the_ends_of_the_sliders_some_digits_fall_apart(generator):
    assert "at the ends, some fall apart" in prose_of("00_start")
    latents, asked = (
        np.repeat(generator.draw_latents(20, seed=0), 10, axis=0),
        np.tile(range(10), 20),
    )
    for direction in cg.latent_directions(generator):
        for amount in (-4, 4):
            images = generator.generate(asked, latents=latents + amount * direction)
            assert 0.85 < np.mean(cg.Judge().recognize(images) == asked) < 1


def test_what_the_judge_reads_between_a_3_and_an_8(generator):
    assert (
        "a 3 up to 30 % and an 8 from 50 %; at 40 % it leans to a 5, which nobody asked for"
        in prose_of("00_start")
    )
    z, shares = generator.draw_latents(1, seed=3), np.linspace(0, 1, 11)
    rows = [(1 - share) * np.eye(10)[3] + share * np.eye(10)[8] for share in shares]
    read = cg.Judge().recognize(generator.generate(rows, latents=z))
    assert read.tolist() == [3, 3, 3, 3, 5, 8, 8, 8, 8, 8, 8]


def test_what_00_says_of_clothes():
    prose = prose_of("00_start")
    assert "a judge recognizes only about 90 in 100, of real clothes 91" in prose
    scores = load_card("generator_fashion_mnist")["judges"]["fashion_mnist"]
    assert round(100 * scores["conditional_accuracy"]) == 90
    assert round(100 * scores["of_real_test_images"]) == 91
    assert "direction 1 is now brightness" in prose
    clothes = cg.load_pretrained("fashion_mnist")
    latents, asked = np.repeat(clothes.draw_latents(10, seed=0), 10, axis=0), np.tile(range(10), 10)
    bright = [
        [clothes.generate(asked, latents=latents + a * d).mean() for a in (-4, 4)]
        for d in cg.latent_directions(clothes)
    ]
    change = np.diff(bright)[:, 0]
    assert change.argmax() == 0 and change[0] > 3 * abs(change[1:]).max()


# 01


def shares_printed():
    found = re.findall(r"(?:exactly 0|from 0.1 to 0.9|above 0.9): +([\d.]+)%", printed("01_data"))
    return [float(share) for share in found]


def test_shares_of_black_and_gray():
    prose = prose_of("01_data")
    assert "Four pixels in five are exactly 0, and fewer than one in ten is gray" in prose
    zero, gray, _ = shares_printed()
    assert zero == pytest.approx(80, abs=2) and 8 < gray < 10


def test_the_first_batch_holds_zeros_ones_and_a_few_twos():
    (line,) = re.findall(r"first batch, images of each class: \[(.*)\]", printed("01_data"))
    counts = [int(count) for count in line.split()]
    assert sum(counts) == 64 and counts[2] < counts[1] and counts[3:] == [0] * 7


def test_what_the_poor_order_costs():
    prose = prose_of("01_data")
    assert "About eight digits in a hundred are lost to the order alone" in prose
    assert "nearly two of ten are now called an 8, so the 8 gains; but the 9, which came" in prose
    pattern = r"^(?:buffer of 1,024|over all images): ([\d ]+) \((\d+)% called an 8\)$"
    lines = re.findall(pattern, printed("01_data"), re.MULTILINE)
    (poor, eights), (good, _) = [(np.array(right.split(), float), int(n)) for right, n in lines]
    assert np.mean(good - poor) == pytest.approx(8, abs=1) and 17 <= eights < 20
    assert poor[9] in np.sort(poor)[:3] and poor[8] > good[8]


def solution_of_the_pairs():
    text = "\n".join(c.source for c in cells_of("01_data") if c.cell_type == "markdown")
    return re.search(r"```python\n(images = .*?)```", text, re.DOTALL)[1]


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (('raw.astype("float32")', "raw.astype(float)"), 1),
        (("images / 255", "images / 256"), 2),
        (("images[..., None]", "images[:, None]"), 3),
        (("labels] = 1", "0] = 1"), 4),
        (("labels] = 1", "labels] = 2"), 4),
    ],
)
def test_the_check_of_01_names_the_step_that_is_wrong(capsys, change, step):
    sample = load_arrays("mnist_sample")
    raw, labels = sample["x_train"], sample["y_train"]
    right = solution_of_the_pairs()
    assert change[0] in right
    for source, expected in ((right, "Check passed"), (right.replace(*change), f"step {step}:")):
        space = {"np": np, "raw": raw, "labels": labels}
        exec(source, space)
        exec(code_with("01_data", "hints = {"), space)
        assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("np.arange(62 * 64).reshape(62, 64)", "not random"),
        ("np.arange(62 * 64).reshape(64, 62).T", "not random"),
        ("rng.integers(0, 4000, (62, 64))", "none of them twice"),
        ("rng.permutation(4000)[:3968]", "62 rows of 64"),
        ("np.stack([rng.permutation(64) + 64 * i for i in range(62)])", "not random"),
    ],
)
def test_the_check_of_an_epoch_sees_what_is_no_random_order(capsys, wrong, hint):
    labels = np.repeat(np.arange(10), 400)
    space = {"np": np, "rng": np.random.default_rng(0), "labels": labels}
    space["chosen"] = eval(wrong, space)
    exec(code_with("01_data", "62 rows of 64 numbers"), space)
    assert hint in capsys.readouterr().out.splitlines()[-1]
