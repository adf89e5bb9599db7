"""Each measure against cases whose answer is known."""

import numpy as np
import pytest

from cgan_utils import metrics
from cgan_utils.metrics import Moments

RNG = np.random.default_rng(0)
SAMPLE = RNG.standard_normal((300, 5))


# Fréchet distance


def test_frechet_distance_of_two_gaussians_in_closed_form():
    # Diagonal covariances: the squared distance of means and of standard deviations.
    real = Moments(np.array([0.0, 0.0, 1.0]), np.diag([1.0, 4.0, 9.0]))
    fake = Moments(np.array([3.0, 0.0, 1.0]), np.diag([1.0, 1.0, 25.0]))
    assert metrics.frechet_distance(real, fake) == pytest.approx(9 + (0 + 1 + 4))
    # Two rows that do not commute: tr (S₁S₂)^½ = (tr S₁S₂ + 2 (det S₁S₂)^½)^½.
    a, b = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 5.0]])
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    distance = metrics.frechet_distance(Moments(np.zeros(2), a), Moments(np.zeros(2), b))
    assert distance == pytest.approx(np.trace(a + b) - 2 * root)


def test_frechet_distance_is_zero_for_equals_and_the_same_both_ways():
    one, other = metrics.moments(SAMPLE), metrics.moments(2 * SAMPLE + 1)
    assert metrics.frechet_distance(one, one) == pytest.approx(0, abs=1e-10)
    there, back = metrics.frechet_distance(one, other), metrics.frechet_distance(other, one)
    assert there == pytest.approx(back) and there > 1


def test_frechet_distance_takes_dead_features():
    dead = np.hstack([SAMPLE, np.zeros((300, 3))])
    expected = metrics.frechet_distance(metrics.moments(SAMPLE), metrics.moments(SAMPLE + 1))
    got = metrics.frechet_distance(
        metrics.moments(dead), metrics.moments(dead + np.repeat([1, 0], [5, 3]))
    )
    assert got == pytest.approx(expected)


def test_frechet_distance_is_too_large_for_few_samples():
    truth = Moments(np.zeros(5), np.eye(5))
    few, many = (
        np.mean(
            [
                metrics.frechet_distance(truth, metrics.moments(RNG.standard_normal((n, 5))))
                for _ in range(20)
            ]
        )
        for n in (20, 200)
    )
    assert few > 5 * many > 0


def test_too_few_samples_for_the_covariance_get_a_sentence():
    metrics.moments(np.zeros((6, 5)))
    with pytest.raises(ValueError, match="^5 samples are too few.* of 5 features; .*at least 6,"):
        metrics.moments(np.zeros((5, 5)))


def test_moments_of_one_feature_are_a_covariance_too():
    mean, covariance = metrics.moments([[0.0], [2.0], [4.0]])
    assert mean.tolist() == [2] and covariance.tolist() == [[4]]  # (4 + 0 + 4) / (3 - 1)


def test_moments_of_other_features_get_a_sentence():
    pair = metrics.moments(SAMPLE), metrics.moments(SAMPLE[:, :3])
    with pytest.raises(ValueError, match="^real images have 5 features, fakes 3; give features of"):
        metrics.frechet_distance(*pair)


# Within classes

LABELS = np.repeat([0, 1, 4], 100)


def test_the_distance_within_classes_hears_the_labels():
    real = SAMPLE + 10 * LABELS[:, None]
    moved = metrics.frechet_within_classes(real, LABELS, real + [2, 0, 0, 0, 0], LABELS)
    assert moved == pytest.approx([4, 4, 4])  # the covariances are the same, the means 2 apart
    swapped = np.repeat([1, 0, 4], 100)
    one = metrics.frechet_distance(metrics.moments(real[:100]), metrics.moments(real[100:200]))
    found = metrics.frechet_within_classes(real, LABELS, real, swapped)
    assert found == pytest.approx([one, one, 0], abs=1e-6) and one > 100


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (LABELS[:10], r"^fake labels have shape \(10,\); give \(300,\), a class for each image"),
        (np.repeat([0, 1, 2], 100), r"^the real images are of the classes \[0, 1, 4\], the fakes"),
        (np.repeat([0, 1, 4], [5, 195, 100]), "^5 samples are too few for the covariance"),
    ],
)
def test_classes_that_cannot_be_compared_get_a_sentence(labels, text):
    with pytest.raises(ValueError, match=text):
        metrics.frechet_within_classes(SAMPLE, LABELS, SAMPLE, labels)


# Kernel distance


def test_kernel_distance_of_two_points_in_closed_form():
    real, fake = np.zeros((50, 2)), np.tile([3.0, 1.0], (50, 1))
    expected = (10 / 2 + 1) ** 3 - 1  # k(y, y) + k(x, x) - 2 k(x, y), where k(x, ·) = 1
    assert metrics.kernel_distance(real, fake) == pytest.approx((expected, 0))


def test_kernel_distance_of_two_gaussians_in_closed_form():
    # E (xy + 1)³ = 1 + 3 E x E y + 3 E x² E y² + E x³ E y³, of N(0, 1) and N(m, 1).
    m = 0.5
    expected = 3 * m**2 + 3 * m**4 + (m**3 + 3 * m) ** 2
    x, y = RNG.standard_normal((20_000, 1)), RNG.standard_normal((20_000, 1)) + m
    result = metrics.kernel_distance(x, y, subset_size=500, subsets=60)
    assert result.mean == pytest.approx(expected, rel=0.1)
    assert 0 < result.spread < expected


def test_kernel_distance_of_one_distribution_is_zero_whatever_the_size():
    for size in (5, 50):
        results = [
            metrics.kernel_distance(*RNG.standard_normal((2, size, 4)), subsets=1).mean
            for _ in range(400)
        ]
        assert abs(np.mean(results)) < 4 * np.std(results) / np.sqrt(400)
        assert min(results) < 0 < max(results)


def test_kernel_distance_depends_on_the_seed_alone():
    distances = [metrics.kernel_distance(SAMPLE, 2 * SAMPLE, 100, seed=s).mean for s in (0, 0, 1)]
    assert distances[0] == distances[1] != distances[2]


def test_the_kernel_test_gives_every_p_as_often_where_nothing_differs():
    p = [
        metrics.kernel_test(*RNG.standard_normal((2, 20, 3)), permutations=19).p for _ in range(300)
    ]
    assert np.isin(np.round(p, 6), np.round(np.arange(1, 21) / 20, 6)).all()
    assert np.mean(p) == pytest.approx((1 + 20) / 40, abs=0.06)
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_the_kernel_test_finds_what_differs_and_takes_the_distance_of_all():
    found = metrics.kernel_test(SAMPLE, SAMPLE + 1)
    all_of_it = metrics.kernel_distance(SAMPLE, SAMPLE + 1, len(SAMPLE), 1)
    assert found == pytest.approx((all_of_it.mean, 1 / 201))  # the true deal alone of 201
    assert metrics.kernel_test(SAMPLE, SAMPLE[::-1]).p == 1  # the same points: the least distance


def test_unequal_numbers_get_a_sentence():
    with pytest.raises(ValueError, match="^there are 300 real and 20 fake samples; give as many"):
        metrics.kernel_test(SAMPLE, SAMPLE[:20])
    with pytest.raises(ValueError, match="^permutations is 0; give a whole number from 1"):
        metrics.kernel_test(SAMPLE, SAMPLE, permutations=0)


# Variety


def test_variety_is_the_scale_of_the_fakes():
    assert metrics.variety(SAMPLE, SAMPLE) == pytest.approx(1)
    assert metrics.variety(SAMPLE, 0.3 * SAMPLE + 7) == pytest.approx(0.3)


def test_variety_of_one_image_repeated_is_zero():
    assert metrics.variety(SAMPLE, np.repeat(SAMPLE[:1], 40, axis=0)) == 0
    with pytest.raises(ValueError, match="the real images are all the same"):
        metrics.variety(np.repeat(SAMPLE[:1], 40, axis=0), SAMPLE)


def test_variety_of_three_points():
    # Distances 3, 4, 5 over one distance of 2.
    assert metrics.variety([[0, 0], [0, 2]], [[0, 0], [3, 0], [0, 4]]) == pytest.approx(4 / 2)


# Precision and recall, density and coverage

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])  # nearest neighbors at 1, 1, 2 and 4


def test_identical_sets():
    assert metrics.precision_recall(SAMPLE, SAMPLE) == (1, 1)
    # Each neighborhood holds its own image and k others.
    assert metrics.density_coverage(SAMPLE, SAMPLE, k=5) == pytest.approx((6 / 5, 1))


def test_disjoint_sets():
    assert metrics.precision_recall(SAMPLE, SAMPLE + 100) == (0, 0)
    assert metrics.density_coverage(SAMPLE, SAMPLE + 100) == (0, 0)


def test_four_points_on_a_line():
    fake = np.array([[1.5], [2.0], [20.0]])  # nearest neighbors at 0.5, 0.5 and 18
    # 1.5 and 2.0 lie within 1 of 1 and within 2 of 3, 20 nowhere. Within 18 of 20: 3 and 7;
    # within 0.5 of 1.5: 1; but 0 is with none.
    precision, recall = metrics.precision_recall(LINE, fake, k=1)
    assert (precision, recall) == pytest.approx((2 / 3, 3 / 4))
    density, coverage = metrics.density_coverage(LINE, fake, k=1)
    assert (density, coverage) == pytest.approx((4 / 3, 2 / 4))


def test_one_of_two_modes():
    real = np.concatenate([SAMPLE, SAMPLE + 100])
    assert metrics.precision_recall(real, SAMPLE) == (1, 0.5)
    assert metrics.density_coverage(real, SAMPLE).coverage == 0.5


def test_one_real_image_repeated():
    fake = np.repeat(SAMPLE[:1], 300, axis=0)
    assert metrics.precision_recall(SAMPLE, fake) == pytest.approx((1, 1 / 300))
    distances = np.linalg.norm(SAMPLE[:, None] - SAMPLE, axis=-1)
    holding = distances[:, 0] <= np.sort(distances, axis=1)[:, 5]
    expected = (holding.sum() / 5, holding.mean())
    assert metrics.density_coverage(SAMPLE, fake, k=5) == pytest.approx(expected)


@pytest.mark.parametrize("count", [300, 100])
def test_two_samples_of_one_distribution(count):
    # No fake among the k nearest of 299 real ones and `count` fakes: a matter of their order alone.
    k, others = 5, 299
    missed = np.prod([(others - i) / (others + count - i) for i in range(k)])
    results = [
        metrics.density_coverage(
            RNG.standard_normal((300, 5)), RNG.standard_normal((count, 5)), k=k
        )
        for _ in range(20)
    ]
    assert np.mean(results, axis=0) == pytest.approx((1, 1 - missed), abs=0.03)


@pytest.mark.parametrize(
    "measure, least",
    [
        (metrics.kernel_distance, 2),
        (metrics.variety, 2),
        (metrics.precision_recall, 4),
        (metrics.density_coverage, 6),
    ],
)
def test_too_few_samples_get_a_sentence(measure, least):
    measure(SAMPLE, SAMPLE[:least])
    text = f"there are {least - 1} fake samples; this measure needs at least {least}"
    with pytest.raises(ValueError, match=text):
        measure(SAMPLE, SAMPLE[: least - 1])


MEASURES = [
    metrics.kernel_distance,
    metrics.variety,
    metrics.precision_recall,
    metrics.density_coverage,
]


@pytest.mark.parametrize("measure", MEASURES)
def test_features_that_are_none_get_a_sentence(measure):
    with pytest.raises(
        ValueError, match=r"^real features have shape \(300,\); give \(N, d\), a row"
    ):
        measure(SAMPLE[:, 0], SAMPLE)
    with pytest.raises(ValueError, match=r"^fake features have shape \(300, 0\); give \(N, d\), a"):
        measure(SAMPLE, SAMPLE[:, :0])
    with pytest.raises(ValueError, match="^real images have 5 features, fakes 4; give features of"):
        measure(SAMPLE, SAMPLE[:, :4])


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("measure", [*MEASURES, lambda real, fake: metrics.moments(fake)])
def test_nan_and_infinity_get_a_sentence(measure, number):
    broken = SAMPLE.copy()
    broken[7, 2] = number
    with pytest.raises(ValueError, match="features contain NaN or infinity; .*: train it anew"):
        measure(SAMPLE, broken)


@pytest.mark.parametrize("measure", [metrics.precision_recall, metrics.density_coverage])
@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_a_bad_k_gets_a_sentence(measure, k):
    with pytest.raises(ValueError, match=f"^k is {k!r}; give a whole number from 1 up"):
        measure(SAMPLE, SAMPLE, k=k)


@pytest.mark.parametrize(
    ("name", "number", "least"),
    [("subset_size", 1, 2), ("subset_size", 10.0, 2), ("subsets", 0, 1), ("subsets", 2.5, 1)],
)
def test_bad_subsets_get_a_sentence(name, number, least):
    with pytest.raises(ValueError, match=f"^{name} is {number}; give a whole number from {least}"):
        metrics.kernel_distance(SAMPLE, SAMPLE, **{name: number})
    with pytest.raises(ValueError, match="^seed is -1; give a whole number from 0"):
        metrics.kernel_distance(SAMPLE, SAMPLE, seed=-1)


def test_more_images_show_finer_differences_and_leave_what_is_alike_as_it_is():
    def means(count, width):
        pairs = [(RNG.standard_normal((count, 5)), width * RNG.standard_normal((count, 5)))
                 for _ in range(12)]  # fmt: skip
        return np.mean(
            [
                (*metrics.precision_recall(*pair), *metrics.density_coverage(*pair))
                for pair in pairs
            ],
            axis=0,
        )

    # Precision and recall, density, coverage: of one distribution, then of fakes that crowd.
    assert means(60, 1) == pytest.approx(means(600, 1), abs=0.07)
    few, many = means(60, 0.6), means(600, 0.6)
    assert many[1] > few[1] + 0.05 and many[2] < few[2] - 0.2 and many[3] < few[3] - 0.05


# Nearest images


def test_nearest_is_the_nearest():
    queries, pool = RNG.random((2, 700, 4, 4, 1), np.float32)
    distances, indices = metrics.nearest(queries, pool[:600])
    everything = np.linalg.norm((queries[:, None] - pool[:600]).reshape(700, 600, -1), axis=-1)
    np.testing.assert_array_equal(indices, everything.argmin(axis=1))
    np.testing.assert_allclose(distances, everything.min(axis=1), rtol=1e-6)


def test_copies_are_at_zero():
    pool = RNG.random((50, 28, 28, 1), np.float32)
    distances, indices = metrics.nearest(pool[[7, 30]], pool)
    assert distances.tolist() == [0, 0] and indices.tolist() == [7, 30]


@pytest.mark.parametrize(
    ("queries", "pool", "text"),
    [
        (np.zeros((2, 4, 4, 1)), np.zeros((3, 8, 8, 1)), r"shape \(2, 4, 4, 1\), the pool has \(3"),
        (
            np.zeros((2, 4, 4, 1)),
            np.zeros((0, 4, 4, 1)),
            r"the pool has \(0, 4, 4, 1\); give images",
        ),
        (
            np.zeros((0, 4)),
            np.zeros((3, 4)),
            r"queries have shape \(0, 4\), .*, one or more in both",
        ),
        (
            np.zeros(4),
            np.zeros(4),
            r"queries have shape \(4,\), the pool has \(4,\); give images of",
        ),
        (np.full((2, 4), np.nan), np.zeros((3, 4)), "^queries contain NaN or infinity"),
        (np.zeros((2, 4)), np.full((3, 4), np.inf), "^images of the pool contain NaN or infinity"),
    ],
)
def test_images_that_cannot_be_compared_get_a_sentence(queries, pool, text):
    with pytest.raises(ValueError, match=text):
        metrics.nearest(queries, pool)
