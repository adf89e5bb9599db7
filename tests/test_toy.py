"""The game on a line, where densities, best answers and gradients are known in closed form."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from cgan_utils import toy

SGD, Adam = keras.optimizers.SGD, keras.optimizers.Adam


def new_game(rate=0.3, **settings):
    return toy.LineGame(SGD(rate), SGD(rate), **settings)


def weights(network):
    return [w.numpy().copy() for w in network.trainable_variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def random_states():
    numpy = np.random.get_state()[1].tolist()  # noqa: NPY002 (the global one is what this is about)
    return random.getstate(), numpy


# Densities


def test_densities_are_normal_and_have_a_logarithm():
    p = toy.densities(toy.CENTERS, toy.SPREADS)
    np.testing.assert_allclose(p.sum(axis=1) * toy.STEP, 1, atol=1e-9)
    np.testing.assert_allclose(p.max(axis=1), 1 / (toy.SPREADS * np.sqrt(2 * np.pi)), rtol=1e-6)
    np.testing.assert_allclose(toy.GRID[p.argmax(axis=1)], toy.CENTERS, atol=1e-9)
    assert np.isfinite(np.log(p)).all()
    np.testing.assert_array_equal(toy.density(toy.GRID, 1, -0.5), toy.density(toy.GRID, 1, 0.5))


def test_a_class_of_two_modes_is_half_of_each():
    centers, spreads = toy.DATA["two modes"].T
    p = toy.densities(centers, spreads)
    assert p.shape == (2, len(toy.GRID))
    np.testing.assert_allclose(p.sum(axis=1) * toy.STEP, 1, atol=1e-6)
    np.testing.assert_allclose(p[0], toy.density(toy.GRID, centers[0], spreads[0]))
    halves = [toy.density(toy.GRID, centers[i], spreads[i]) for i in (2, 3)]
    np.testing.assert_allclose(p[1], (halves[0] + halves[1]) / 2)


def test_value_at_the_best_d_is_minus_log_4_for_equals_and_0_for_strangers():
    p, q = toy.densities((3, 9), (1, 0.1)), toy.densities((3, -9), (1, 0.1))
    np.testing.assert_allclose(toy.value_at_best(p, q), [-np.log(4), 0], atol=1e-9)
    np.testing.assert_allclose(toy.jensen_shannon(p, q), [0, np.log(2)], atol=1e-9)


def test_wasserstein_of_normals_is_the_mean_way_of_their_numbers():
    """Sorted, first goes to first: c + s z goes by c_p - c_q + (s_p - s_q) z, however far."""
    p, q = toy.densities((-2, 1), (0.5, 2)), toy.densities((6, 1), (0.5, 1))
    way = np.sqrt(2 / np.pi)  # E|z|
    np.testing.assert_allclose(toy.wasserstein(p, q), [8, way], rtol=1e-4)
    np.testing.assert_allclose(toy.wasserstein(q, p), [8, way], rtol=1e-4)
    np.testing.assert_allclose(toy.wasserstein(p, p), [0, 0], atol=1e-12)


def test_mismatched_pairs_move_the_least_wasserstein_distance_and_not_that_of_jensen_and_shannon():
    """At q = p it is W(p, m) / 2; the outer half of p has less of it, and a larger JS."""
    p = toy.densities(toy.CENTERS, toy.SPREADS)
    outer = toy.GRID * np.sign(toy.CENTERS)[:, None] > abs(toy.CENTERS)[:, None]
    half, m = np.where(outer, 2 * p, 1e-300), p[::-1]
    np.testing.assert_allclose(toy.wasserstein(p, (p + m) / 2), toy.wasserstein(p, m) / 2)
    assert (toy.wasserstein(p, (half + m) / 2) < toy.wasserstein(p, (p + m) / 2) - 0.1).all()
    assert (toy.jensen_shannon(p, (half + m) / 2) > toy.jensen_shannon(p, (p + m) / 2)).all()


def test_no_answer_earns_more_than_the_value_at_the_best_d():
    """V as an integral over many numbers drawn from p and q, at logits around log p/q = 2 - 2x."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 1, 400_000), rng.normal(2, 1, 400_000)

    def v(slope, shift):
        return (
            -np.log1p(np.exp(slope * real - shift)).mean()
            - np.log1p(np.exp(shift - slope * fake)).mean()
        )

    best = toy.value_at_best(*toy.densities((0, 2)))
    assert v(2, 2) == pytest.approx(best, abs=5e-3)
    assert max(v(1.5, 2), v(2.5, 2), v(2, 1.5), v(2, 2.5)) < best - 5e-3


# The players


def test_both_draw_from_their_densities():
    game = new_game(centers=(6, -6))
    for numbers, centers, spreads in zip(
        game.draw(), (toy.CENTERS, (6, -6)), (toy.SPREADS, (1, 1)), strict=True
    ):
        assert numbers.shape == (512, 1)
        for y in range(2):
            x = numbers.numpy()[256 * y : 256 * (y + 1)]
            assert x.mean() == pytest.approx(centers[y], abs=float(spreads[y]) / 4)
            assert x.std() == pytest.approx(spreads[y], rel=0.2)


def test_each_row_of_the_table_draws_its_share():
    game = new_game(data="two modes", centers=(-6, -4, 4, 6))
    for numbers, centers, spread in zip(
        game.draw(), (toy.DATA["two modes"][:, 0], (-6, -4, 4, 6)), (0.5, 1), strict=True
    ):
        quarters = numbers.numpy().reshape(4, 128)
        np.testing.assert_allclose(quarters.mean(axis=1), centers, atol=spread / 3)
        np.testing.assert_allclose(quarters.std(axis=1), spread, rtol=0.2)


def test_two_modes_of_a_class_may_start_at_one_place():
    game = new_game(data="two modes", centers=(1, 2))
    np.testing.assert_array_equal(game.table, [[1, 1], [1, 1], [2, 1], [2, 1]])


def test_d_without_the_label_answers_the_same_for_both():
    seeing, blind = new_game().d_on_grid(), new_game(sees_label=False).d_on_grid()
    assert seeing.shape == blind.shape == (2, len(toy.GRID))
    np.testing.assert_array_equal(blind[0], blind[1])
    assert abs(seeing[0] - seeing[1]).max() > 0.1


def test_each_step_moves_one_player():
    game = new_game()
    players = game.discriminator, game.generator
    before = [weights(player) for player in players]
    game.d_step()
    after_d = [weights(player) for player in players]
    assert not same(before[0], after_d[0]) and same(before[1], after_d[1])
    gradient = game.g_gradient()
    game.g_step()
    after_g = [weights(player) for player in players]
    assert same(after_d[0], after_g[0])
    np.testing.assert_allclose(game.table, after_d[1][0] - 0.3 * gradient, atol=1e-6)


def test_gradient_of_g_before_a_straight_ramp():
    """Scores 3x: G pays -3 E[c_y + s_y z], half of it a class: -3/2 by c_y, -3/2 E[z|y] by s_y."""
    game = new_game(game="wasserstein")
    game.discriminator = lambda pair: 3 * pair[0]
    _, noise = game.draw()  # G hands its noise on
    means = noise.numpy().reshape(2, 256).mean(axis=1)
    expected = np.stack([np.full(2, -1.5), -1.5 * means], axis=1)
    np.testing.assert_allclose(game.g_gradient(), expected, atol=1e-5)


def test_each_row_gets_its_share_of_the_gradient():
    """Before the ramp 3x again: of four rows, each draws a quarter of the batch."""
    game = new_game(data="two modes", game="wasserstein")
    game.discriminator = lambda pair: 3 * pair[0]
    np.testing.assert_allclose(game.g_gradient()[:, 0], np.full(4, -0.75), atol=1e-5)


def test_turns_are_steps_of_d_and_g_in_turn():
    fast, slow = new_game(), new_game()
    fast.train_d(2)
    fast.train_g(1)
    fast.play(3)
    slow.d_step()
    slow.d_step()
    slow.g_step()
    for _ in range(3):
        slow.d_step()
        slow.g_step()
    np.testing.assert_allclose(fast.table, slow.table, atol=1e-6)
    np.testing.assert_allclose(fast.d_on_grid(), slow.d_on_grid(), atol=1e-4)
    assert (int(fast.d_optimizer.iterations), int(fast.g_optimizer.iterations)) == (5, 4)


def test_the_rules_may_change_between_two_turns():
    """After the change the game goes on as one that had these rules and this state all the time."""
    changed, other = new_game(), new_game(game="minimax", mismatched_weight=0.5)
    changed.play(3)
    changed.game, changed.mismatched_weight = "minimax", 0.5
    for one, another in (
        (changed.discriminator, other.discriminator),
        (changed.generator, other.generator),
    ):
        another.set_weights(one.get_weights())
    for optimizer in (other.d_optimizer, other.g_optimizer):
        optimizer.iterations.assign(3)
    changed.play(2)
    other.play(2)
    np.testing.assert_allclose(changed.table, other.table, atol=1e-6)
    np.testing.assert_allclose(changed.d_on_grid(), other.d_on_grid(), atol=1e-5)


# The games


def test_d_learns_the_best_answer():
    p, q = toy.densities(toy.CENTERS, toy.SPREADS), toy.densities((0, 0))
    game, best, share = new_game(), p / (p + q), (p + q) / 4 * toy.STEP

    def distance():
        return np.sum(abs(tf.sigmoid(game.d_on_grid()) - best) * share)

    assert distance() > 0.2
    game.train_d(2_000)
    assert distance() < 0.03


def test_mismatched_pairs_join_the_fakes():
    """G is right from the start, q = p: D* = p / (p + (1 - w) p + w p_other), with w = 1/2."""
    game = new_game(data="overlapping", centers=(-1, 1), mismatched_weight=0.5)
    p = toy.densities(*toy.DATA["overlapping"].T)
    mixture = (p + p[::-1]) / 2
    best, share = p / (p + mixture), (p + mixture) / 4 * toy.STEP
    game.train_d(1_500)
    assert np.sum(abs(tf.sigmoid(game.d_on_grid()) - best) * share) < 0.03


def test_the_game_comes_to_its_end():
    game = new_game()
    game.play(600)
    np.testing.assert_allclose(game.table, np.stack([toy.CENTERS, toy.SPREADS], axis=1), atol=0.1)
    p, q = toy.densities(toy.CENTERS, toy.SPREADS), toy.densities(*game.table.T)
    np.testing.assert_allclose(toy.value_at_best(p, q), -np.log(4), atol=0.01)


def test_a_sure_d_silences_the_saturating_loss_alone():
    sizes = []
    for name in ("minimax", "non-saturating"):
        game = new_game(game=name, centers=(6, -6))
        game.train_d(300)
        sizes.append(abs(game.g_gradient().numpy()[:, 0]))
    assert (sizes[0] < sizes[1] / 100).all() and (sizes[1] > 0.1).all()


def test_a_critic_is_as_steep_as_its_penalty_lets_it():
    """Slope s earns s·W and pays weight·(s - 1)²: best at s = 1 + W / (2·weight), here 5."""
    game = toy.LineGame(Adam(5e-3), SGD(0.1), "wasserstein", 1.0, (6, -6), "leaky_relu")
    game.train_d(1_000)
    slopes = np.gradient(game.d_on_grid(), toy.STEP, axis=1)
    between = (toy.GRID > -1) & (toy.GRID < 1)
    np.testing.assert_allclose(slopes[:, between].mean(axis=1), [-5, 5], rtol=0.1)


# Seeds and settings


def test_the_seed_decides_the_game():
    games = [new_game(seed=seed) for seed in (0, 0, 1, np.int64(1))]
    for game in games:
        game.play(20)
    tables = [game.table for game in games]
    assert same(tables[:1], tables[1:2]) and same(tables[2:3], tables[3:])
    assert not same(tables[:1], tables[2:3])


def test_every_step_draws_anew():
    game = new_game()
    draws = [game.draw()]
    game.d_step()
    draws.append(game.draw())
    game.g_step()
    draws.append(game.draw())
    assert len({float(real[0, 0]) for real, _ in draws}) == 3


def test_what_the_user_has_set_stays_and_changes_nothing():
    plain = new_game()
    plain.play(20)
    policy, floats = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    states = random_states()
    tf.random.set_seed(3)
    expected = tf.random.uniform(()).numpy()
    tf.random.set_seed(3)
    try:
        game = new_game()
        game.play(20)
        assert tf.random.uniform(()).numpy() == expected
        assert random_states() == states
        assert keras.config.floatx() == keras.config.dtype_policy().name == "float64"
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_floatx(floats)
    np.testing.assert_allclose(game.table, plain.table, atol=1e-6)


def test_many_games_bring_no_warning(caplog):
    """TensorFlow warns of a function that makes many graphs; each game makes one."""
    for seed in range(5):
        new_game(seed=seed).play(1)
    assert not caplog.records


USED = SGD(0.3)
USED.build([keras.Variable(np.zeros(2, np.float32))])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"game": "hinge"}, "^game is 'hinge'; it must be one of 'minimax'"),
        ({"game": "auxiliary"}, r"^the discriminator gives \(None, 1\), but in the game 'auxil"),
        ({"penalty_weight": -1}, "^penalty_weight is -1; give a number at least 0"),
        ({"centers": 3}, "^centers are 3; give two numbers, one a class"),
        (
            {"centers": (0, 0, 0, 0)},
            r"^centers are \(0, 0, 0, 0\); give two numbers, one a class\.$",
        ),
        ({"centers": 3, "data": "two modes"}, "^centers are 3; give two .* a class, or four"),
        ({"data": "far"}, "^data is 'far'; it must be one of 'apart', 'overlapping', 'two modes'"),
        ({"mismatched_weight": 1}, "^mismatched_weight is 1; give a number at least 0 and below 1"),
        ({"centers": (0, 12)}, "^a center is 12; give a number at least -10 and at most 10"),
        ({"seed": -1}, "^seed is -1; give a whole number from 0"),
        ({"g_optimizer": "sgd"}, "^g_optimizer is 'sgd'; give an optimizer"),
        ({"g_optimizer": USED, "d_optimizer": USED}, "^both networks have the same optimizer"),
        ({"g_optimizer": USED}, "^an optimizer has played before; give each player a new one"),
    ],
)
def test_bad_settings_get_a_sentence(settings, message):
    with pytest.raises(ValueError, match=message):
        toy.LineGame(**{"d_optimizer": SGD(0.3), "g_optimizer": SGD(0.3), **settings})


@pytest.mark.parametrize("count", [-1, 2.5])
def test_turns_are_whole(count):
    game = new_game()
    with pytest.raises(ValueError, match=f"^turns is {count}; give a whole number from 0 up"):
        game.play(count)
    with pytest.raises(ValueError, match=f"^steps is {count}; give a whole number from 0 up"):
        game.train_d(count)
    assert int(game.d_optimizer.iterations) == 0
