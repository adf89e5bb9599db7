"""The laboratories' runs in PyTorch do what the package does, where PyTorch is installed."""

import json
from dataclasses import fields

import numpy as np
import pytest

import cgan_utils as cg
import common
import labs
from cgan_utils import metrics

torch = pytest.importorskip("torch")
torch_labs = pytest.importorskip("torch_labs")
torch_search = pytest.importorskip("torch_search")
copy_weights = pytest.importorskip("torch_weights").copy_weights

STEPS = 1_000  # over which learning rates fall
SHARED = {  # the name of a setting there: in the package
    "game": "game",
    "mismatched_weight": "mismatched_weight",
    "critic_steps": "critic_steps",
    "batch_size": "batch_size",
    "rate": "learning_rate",
    "decay": "decay",
    "ema_decay": "ema_decay",
    "fresh_fakes": "fresh_fakes",
}
OURS = {f"way {way}": recipe for way, recipe in torch_labs.WAYS.items()}
OURS |= {f"game {way}": recipe for way, recipe in torch_labs.GAMES.items()}
THEIRS = {f"way {way}": recipe for way, recipe in cg.WAYS.items()}
THEIRS |= {f"game {way}": recipe for way, recipe in labs.GAMES.items()}
each = pytest.mark.parametrize("name", OURS)


@pytest.fixture(scope="module")
def digits():
    return cg.load_images("mnist", "train", "sample")


@pytest.fixture(scope="module")
def tensors(digits):
    return torch.as_tensor(digits.images).permute(0, 3, 1, 2), torch.as_tensor(digits.labels)


def test_both_know_the_same_ways_and_games():
    assert OURS.keys() == THEIRS.keys()


@each
def test_a_recipe_has_the_constants_of_the_packages(name):
    ours, theirs = OURS[name], THEIRS[name]
    for here, there in SHARED.items():
        assert getattr(ours, here) == getattr(theirs, there), here
    assert ours.betas == (theirs.beta_1, theirs.beta_2)
    penalty = theirs.penalty
    assert ours.penalty == (penalty and (penalty.kind, penalty.weight, penalty.every))
    known = {*SHARED, "betas", "penalty", "way", "generator", "labels_anew"}
    assert {field.name for field in fields(ours)} == known


@each
def test_steps_do_what_they_do_in_the_package(name, digits, tensors):
    """Losses of turns on the same draws: networks, games, penalties, optimizers."""
    gan = THEIRS[name].build(digits, seed=3, steps=STEPS)
    compare_steps(gan, torch_labs.Player(OURS[name], 0, *tensors, STEPS), digits)


def test_patient_in_the_search_does_what_it_does_in_the_package(digits, tensors):
    variant = torch_search.Variant(**torch_search.PATIENT)
    recipe = cg.RECIPES["patient"]
    for here, there in SHARED.items():
        assert getattr(variant, here) == getattr(recipe, there), here
    gan = recipe.build(digits, seed=3, steps=STEPS)
    compare_steps(gan, torch_search.Searcher(variant, 0, *tensors, STEPS), digits)


def compare_steps(gan, player, digits):
    """Let both take steps on the same draws, from the same weights."""
    copy_weights(gan.generator, player.generator)
    copy_weights(gan.discriminator, player.discriminator)
    critic, size = player.recipe.critic_steps, player.batch_size
    for step in range(3 if critic == 1 else 2):
        first = step * critic
        chosen = player.chosen[first : first + critic].flatten().numpy()
        rows = cg.one_hot(digits.labels[chosen], 10)
        count = gan.d_optimizer.iterations
        for i in range(critic):
            some = rows[i * size : (i + 1) * size]
            player.z[first + i].copy_(torch.as_tensor(gan.draw_training_latents(some).numpy()))
            wrong = gan.condition.mismatched(some, gan.step_seed("mismatched")).numpy()
            shift = (wrong.argmax(1) - some.argmax(1)) % 10
            player.wrong[first + i].copy_(torch.as_tensor(shift))
            epsilon = labs.tf.random.stateless_uniform(
                (size, 1, 1, 1), gan.replica_seed(-1 - gan.seed, count)
            )
            player.epsilon[first + i].copy_(torch.as_tensor(epsilon.numpy()))
            count.assign_add(1)
        count.assign_sub(critic)
        gan.reset_metrics()
        theirs = gan.train_on_batch(digits.images[chosen], rows, return_dict=True)
        player.advance()
        ours = player.mean_losses()
        for part in ("d_loss", "g_loss", "d_loss_real", "d_loss_fake"):
            # Rounding differs, and grows where the first steps are as long for small gradients.
            slack = (2e-5 if critic == 1 else 5e-4) * 10**step  # five steps of D are in a turn
            slack = {"rel": slack, "abs": slack / 2}
            assert ours[part] == pytest.approx(float(theirs[part]), **slack), (part, step)


def test_the_search_is_what_its_log_holds():
    runs = {"trials": set(), "reports": set()}
    for job in (job for group in torch_search.plan() for job in group):
        runs[job.table].add(in_words(job.run))
    log = common.Log("search")
    for table, planned in runs.items():
        ran = {in_words(run) for run in log.table(table)}
        assert ran <= planned and len(planned - ran) <= 2  # a stop came between
    trials, reports = ({run["seed"] for run in log.table(table)} for table in runs)
    assert not trials & reports


def in_words(run):
    return json.dumps(run["changes"], sort_keys=True), run["within"], run["seed"]


def test_learning_rates_and_the_average_are_the_packages(digits, tensors):
    player = torch_labs.Player(torch_labs.GAMES["WGAN-GP"], 0, *tensors, 100)
    assert len(player.d_rates) == 100 and len(player.g_rates) == 20
    beta = 0.9
    for rates in (player.d_rates, player.g_rates):
        done = np.arange(len(rates))
        fall = 3e-3 * (1 - done / len(rates)) * np.sqrt(1 - beta ** (done + 1))
        np.testing.assert_allclose(rates, fall, rtol=1e-5)
    np.testing.assert_allclose(player.news[:3], [1 - 2 / 11, 1 - 3 / 12, 1 - 4 / 13], rtol=1e-6)


@pytest.fixture(scope="module")
def judges():
    """The judges' networks, with the weights that labs.py writes."""
    networks = {}
    for name, build in torch_labs.JUDGES.items():
        networks[name] = build()
        for key, value in labs.weights_of(name).items():
            _, layer, part = key.split("/")
            getattr(getattr(networks[name], layer), part).data.copy_(torch.as_tensor(value))
        networks[name].eval()
    return networks


@pytest.mark.parametrize("name", torch_labs.JUDGES)
def test_a_judge_sees_what_the_packages_judge_sees(name, judges, digits, tensors):
    features, logits = judges[name](tensors[0][:300])
    theirs = cg.Judge(name).look(digits.images[:300])
    np.testing.assert_allclose(features.detach(), theirs[0], atol=1e-4)
    np.testing.assert_allclose(logits.detach(), theirs[1], atol=1e-3)


@pytest.fixture(scope="module")
def measured(judges, tensors):
    """One half of the sample as real images, the other as fakes that answer the same labels."""
    images, labels = tensors
    order = torch.argsort(labels, stable=True)
    real, fake = order[::2], order[1::2]
    measure = torch_labs.Measure(
        judges["mnist"], (images[real], labels[real]), torch.arange(len(real))
    )
    assert (labels[fake] == measure.labels).all()
    return measure.full(images[fake]), real.numpy(), fake.numpy()


def test_measures_are_the_packages(measured, digits):
    found, real, fake = measured
    judge = cg.Judge("mnist")
    features, logits = judge.look(digits.images)
    right = logits.argmax(1) == digits.labels
    real, fake = features[real], features[fake]
    labels = digits.labels[measured[1]]
    assert found["conditional_accuracy"] == pytest.approx(right[measured[2]].mean(), abs=1e-4)
    distance = metrics.frechet_distance(metrics.moments(real), metrics.moments(fake))
    assert found["frechet_distance"] == pytest.approx(distance, abs=1e-3)
    theirs = []
    for c in range(10):
        mine, others = real[labels == c], fake[labels == c]
        known = others[right[measured[2]][labels == c]]
        theirs.append(
            {
                "class_distance": metrics.frechet_distance(
                    metrics.moments(mine), metrics.moments(others)
                ),
                "variety": metrics.variety(mine, known),
                **metrics.precision_recall(mine, others)._asdict(),
                **metrics.density_coverage(mine, others)._asdict(),
            }
        )
    for name in theirs[0]:
        mean = np.mean([x[name] for x in theirs])
        assert found[name] == pytest.approx(mean, abs=2e-3), name


def test_every_way_gets_the_same_number_of_trials():
    seconds = {"wasserstein": dict.fromkeys(torch_labs.GAMES, 0.03)}
    outside = {"quick": 30.0, "VAE": 20.0, "diffusion": 40.0}
    jobs = torch_labs.trials(seconds, outside)
    counts = {}
    for job in jobs:
        thing = job.run.get("way", job.run.get("model")), job.run.get("mismatched_weight")
        counts.setdefault(job.log, {}).setdefault(thing, []).append(job.run["seed"])
        assert job.measures == ("tuning",)
    for log, of in counts.items():
        assert len({len(seeds) for seeds in of.values()}) == 1, log
        assert not {seed for seeds in of.values() for seed in seeds} & set(torch_labs.SEEDS)


def test_trials_choose_the_rate_of_the_least_mean_distance():
    lines = [
        {"log": "outside", "table": "trials", "model": "VAE", "rate": rate, "frechet_distance": d}
        for rate, d in ((1, 5.0), (1, 1.0), (2, 2.5), (2, 2.0))
    ]
    assert torch_labs.best_rates(lines, "outside", "model") == {("VAE",): 2}


def test_runs_at_the_same_time_are_those_made_alone(tensors, judges):
    class World:
        device = "cpu"

        def data(self, name, seed):
            return tensors

    World.measures = {
        (name, 2_000): torch_labs.Measure(judges[name], tensors, torch.arange(0, 4_000, 2))
        for name in torch_labs.JUDGES
    }
    jobs = [
        torch_labs.Job(
            "wasserstein",
            "runs",
            {"way": way, "seed": 1},
            torch_labs.GAMES[way],
            10,
            points=2,
            samples=2_000,
        )
        for way in ("lazy R1", "WGAN-GP")
    ]
    together = torch_labs.run_together(World(), jobs)
    for job, line in zip(jobs, together, strict=True):
        (alone,) = torch_labs.run_together(World(), [job])
        assert json.dumps(alone) == json.dumps(line)
        assert line["steps"] == [5, 10]
        for name in torch_labs.JUDGES:
            assert len(line[name]["frechet_distance"]) == 2
            assert 0 <= line[name]["last_coverage"] <= 1


@pytest.mark.parametrize("name", torch_labs.OUTSIDERS)
def test_an_outsider_learns_and_draws_images(name, tensors):
    player = torch_labs.Outsider(name, 1e-3, 0, *tensors, 30)
    network, rows = player.generator, player.eye[tensors[1][:64]]
    noise, times = torch.randn(64, 28 * 28), torch.rand(64)
    with torch.no_grad():
        before = network.loss(tensors[0][:64], rows, noise, times)
    for _ in range(30):
        player.advance()
    with torch.no_grad():
        after = network.loss(tensors[0][:64], rows, noise, times)
    assert after < before
    images = player.pictures(torch.arange(1_000) % 10, 0)
    assert images.shape == (1_000, 1, 28, 28)
    assert images.min() >= 0 and images.max() <= 1
