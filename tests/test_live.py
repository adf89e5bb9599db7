"""What runs in the pages gives the package's numbers: noise, pictures, verdicts, gradients."""

import base64
import shutil
import subprocess

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf

import build
import cgan_utils as cg
import explorers
import run_tutorial
import weights
from cgan_utils import game, toy

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


# Arrays go into a page and out of it as text: as lists, most of the time would go into them.
START = """async (given) => {
    const load = (name) => import(`./_static/live/${name}.js`);
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const numbers = (text) => new Float32Array(bytes(text).buffer);
    const text = (array) => {
        let binary = "";
        const bytes = new Uint8Array(Float32Array.from(array).buffer);
        for (const byte of bytes) binary += String.fromCharCode(byte);
        return btoa(binary);
    };
"""


@pytest.fixture
def live(visit):
    """A function that runs JavaScript in a page, with the modules of live/ as `load(name)`."""

    def run(script: str, value=None, plain: bool = False):
        page = visit("search.html")
        if plain:  # as in a browser without WebAssembly
            page.evaluate("() => { WebAssembly.compile = () => Promise.reject(Error()); }")
        return page.evaluate(f"{START} {script} }}", value)

    return run


def text_of(array) -> str:
    return base64.b64encode(np.float32(array).tobytes()).decode()


def numbers_of(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def test_a_seed_gives_the_noise_of_numpy_bit_for_bit(live):
    seeds = [*range(300), 999, 2**31, 2**32 - 1]
    script = """
        const { standardNormal } = await load("noise");
        return given.map((seed) => [...new Uint32Array(standardNormal(64, seed).buffer)]);
    """
    expected = [np.random.default_rng(s).standard_normal(64, dtype=np.float32) for s in seeds]
    assert live(script, seeds) == np.array(expected).view(np.uint32).tolist()


DRAW = """
    const { generatorOf, judgeOf } = await load("models");
    const { sigmoid } = await load("network");
    const generator = await generatorOf({ source: given.source });
    const judge = await judgeOf(generator);
    const latents = numbers(given.latents);
    const see = (image) =>
        generator.names ? judge.probabilities(image) : judge.logits(image, 1).map(sigmoid);
    return given.rows.map((row, i) => {
        const image = generator.draw([row], [latents.subarray(64 * i, 64 * i + 64)]).slice();
        return [text(image), text(see(image))];
    });
"""


@pytest.mark.parametrize("plain", [False, True], ids=["WebAssembly", "JavaScript"])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "faces"])
def test_pictures_are_one_gray_level_off_at_most_and_verdicts_the_same(live, name, plain):
    generator, judge = cg.load_pretrained(name), cg.Judge(name)
    count = 20 if plain else 100
    rng, width = np.random.default_rng(0), generator.condition.width
    if name == "faces":  # all ranges are [0, 1]
        rows = rng.random((count, width), dtype=np.float32)
        rows[::2, :5] = rng.integers(0, 2, (count // 2, 5))
    else:
        rows = cg.one_hot(np.arange(count) % 10, 10)
        rows[::7] = 0.5 * rows[::7] + 0.5 * rows[1:2]  # mixtures, too
    latents = generator.draw_latents(count, seed=5)
    images = generator.generate(rows, latents=latents)
    expected = judge.probabilities(images)
    given = {"source": name, "rows": rows.tolist(), "latents": text_of(latents)}
    came = live(DRAW, given, plain)
    pixels = np.array([numbers_of(image) for image, _ in came]).reshape(images.shape)
    assert np.abs(pixels - images).max() * 255 <= 1
    seen = np.array([numbers_of(one) for _, one in came])
    np.testing.assert_allclose(seen, expected, atol=0.02)
    verdicts = [judge.condition.recognized(judged) for judged in (seen, expected)]
    if name == "faces":
        sure = abs(expected[:, :5] - 0.5) > 0.05
        verdicts = [verdict[:, :5] for verdict in verdicts]
    else:
        sure = expected.max(axis=1) > 0.6
    assert sure.mean() > 0.8
    np.testing.assert_array_equal(*(verdict[sure] for verdict in verdicts))


def test_the_compiled_kernels_are_those_of_the_source(tmp_path):
    compiler = build.NODE_MODULES / ".bin" / "asc"
    if not compiler.exists():
        pytest.skip("the AssemblyScript compiler is missing (make test installs it)")
    site = tmp_path / "site"
    (site / "live").mkdir(parents=True)
    shutil.copy(build.SITE / "package.json", site)
    shutil.copy(build.SITE / "live" / "kernels.ts", site / "live")
    (site / "node_modules").symlink_to(build.NODE_MODULES)
    with build.own_node():
        command = ["npm", "run", "--silent", "kernels", "--prefix", str(site)]
        subprocess.run(command, check=True, cwd=site)
    committed = build.SITE / "live" / "kernels.wasm"
    assert (site / "live" / "kernels.wasm").read_bytes() == committed.read_bytes()


def test_a_notebooks_own_discriminator_gives_its_logits(live, site, digits):
    network = cg.build_discriminator()
    folder = site / "_static" / "live" / "networks"
    weights.export("explore_discriminator", network, folder / "test.safetensors")
    images = digits.images[:5]
    repeated = [np.repeat(images, 10, axis=0), np.tile(np.eye(10, dtype=np.float32), (5, 1))]
    script = """
        const { fetchNetwork } = await load("network");
        const { Discriminator } = await load("models");
        const D = new Discriminator((await fetchNetwork("networks/test.safetensors", 1)).network);
        return given.map((image) => D.logits(Float32Array.from(image)));
    """
    came = live(script, images.reshape(5, -1).tolist())
    expected = network(repeated).numpy().reshape(5, 10)
    np.testing.assert_allclose(came, expected, atol=2e-3)


def test_what_a_notebook_trains_is_exported_when_it_is_saved(tmp_path):
    sources = [
        "one = cg.load_pretrained(name)",
        'two = cg.load_pretrained("fashion_mnist")\ncg.explore(two, seed=SEED)',
        "SEED = 4",
        'x = 1\ncg.explore(mine["a"], seed=SEED)',
        "%matplotlib inline",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    shipped, own = explorers.find(notebook)
    assert (shipped.shipped, shipped.of_notebook) == ("fashion_mnist", False)
    assert (own.cell, own.shown, own.settings, own.of_notebook) == (
        3,
        "mine['a']",
        {"seed": 4},
        True,
    )
    (export,) = run_tutorial.add_exports(notebook, "01_test")
    assert notebook.cells[4] is export and len(notebook.cells) == 6
    assert "weights.export('explore', mine['a'], pathlib.Path(" in export.source
    assert "01_test_2.safetensors" in export.source
    compile(export.source, "export", "exec")


GRADIENTS = """
    const { Trainer, MEMORY } = await load("trainer");
    const { loadKernels } = await load("kernels");
    const trainer = new Trainer(await loadKernels(MEMORY), Math.random);
    const networks = [trainer.discriminator, trainer.generator];
    const gradients = (network) => network.parameters().map(({ gradient }) => text(gradient));
    networks.forEach((network, i) => {
        network.parameters().forEach(({ value }, j) => value.set(numbers(given.weights[i][j])));
    });
    const { labels, others } = given;
    const [first, second] = given.latents.map(numbers);
    const pixels = numbers(given.images);
    const parts = trainer.discriminatorGradients(pixels, labels, others, first);
    const d = gradients(trainer.discriminator);
    const g_loss = trainer.generatorGradients(labels, second);
    const losses = [parts.real, parts.fake, parts.mismatched, g_loss];
    return { losses, d, g: gradients(trainer.generator) };
"""


def as_matrix(name: str, array: np.ndarray) -> np.ndarray:
    """A weight, or its gradient, as the page keeps it: a transposed convolution's is (in, ...)."""
    return (array.transpose(3, 0, 1, 2) if name.startswith("to_") else array).ravel()


@pytest.mark.parametrize("plain", [False, True], ids=["WebAssembly", "JavaScript"])
def test_losses_and_gradients_are_those_of_tensorflow(live, digits, plain):
    gan = cg.RECIPES["quick"].build(digits, seed=3)
    rng = np.random.default_rng(0)
    images, labels = digits.images[:32].astype(np.float32), digits.labels[:32]
    others = (labels + rng.integers(1, 10, 32)) % 10
    latents = rng.standard_normal((2, 32, 64), dtype=np.float32)
    rows, other_rows = (tf.constant(cg.one_hot(asked, 10)) for asked in (labels, others))
    networks = gan.discriminator, gan.generator
    variables = [network.trainable_variables for network in networks]
    names = [[v.path.split("/")[-2] for v in weights] for weights in variables]

    x, z = tf.constant(images), tf.constant(latents)
    fakes = gan.generator([z[0], rows], training=True)
    with tf.GradientTape() as tape:
        real, fake, mismatched = (
            gan.discriminator(pair, training=True)
            for pair in ([x, rows], [fakes, rows], [x, other_rows])
        )
        parts = cg.real_loss(real), cg.fake_loss(fake), cg.fake_loss(mismatched)
        loss = cg.discriminator_loss(*parts, mismatched_weight=gan.mismatched_weight)
    expected = {"d": tape.gradient(loss, variables[0])}
    with tf.GradientTape() as tape:
        fakes = gan.generator([z[1], rows], training=True)
        g_loss = cg.non_saturating_loss(gan.discriminator([fakes, rows], training=True))
    expected["g"] = tape.gradient(g_loss, variables[1])

    weights = [
        [text_of(as_matrix(name, v.numpy())) for name, v in zip(*pair, strict=True)]
        for pair in zip(names, variables, strict=True)
    ]
    given = {"weights": weights, "images": text_of(images), "labels": labels.tolist()}
    given |= {"others": others.tolist(), "latents": [text_of(z) for z in latents]}
    came = live(GRADIENTS, given, plain)
    np.testing.assert_allclose(came["losses"], [float(v) for v in (*parts, g_loss)], rtol=1e-4)
    for key, own in zip("dg", names, strict=True):
        assert len(came[key]) == len(own)
        for name, gradient, want in zip(own, came[key], expected[key], strict=True):
            want = as_matrix(name, want.numpy())
            gradient = numbers_of(gradient)
            np.testing.assert_allclose(gradient, want, atol=2e-4 * abs(want).max(), err_msg=name)


GAME = """
    const { Discriminator, PULLS } = await load("line-game");
    const D = new Discriminator(Math.random, true);
    Object.values(D.weights).forEach((values, i) => values.set(given.weights[i]));
    D.learn(given.numbers, given.labels, (logit) => 1 / (1 + Math.exp(-logit)) / 64);
    const slopes = Object.values(PULLS).map((pull) => D.slopes(given.numbers, given.labels, pull));
    return { gradients: Object.values(D.gradients).map((values) => [...values]), slopes };
"""


def test_the_games_gradients_are_those_of_tensorflow(live):
    tf.random.set_seed(0)
    network = toy.build_discriminator("tanh", True)
    numbers = np.linspace(-6, 6, 64, dtype=np.float32)[:, None]
    labels = np.arange(64) % 2
    x, rows = tf.constant(numbers), tf.constant(cg.one_hot(labels, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        logits = network([x, rows])
        fake = cg.fake_loss(logits)
        pulls = [64 * loss(logits) for loss in (cg.non_saturating_loss, cg.saturating_loss)]
    gradients = tape.gradient(fake, network.trainable_variables)
    slopes = [tape.gradient(pull, x).numpy()[:, 0] for pull in pulls]
    given = {"weights": [w.ravel().tolist() for w in network.get_weights()]}
    given |= {"numbers": numbers[:, 0].tolist(), "labels": labels.tolist()}
    came = live(GAME, given)
    for gradient, want in zip(came["gradients"], gradients, strict=True):
        np.testing.assert_allclose(gradient, want.numpy().ravel(), atol=1e-6)
    np.testing.assert_allclose(came["slopes"], slopes, atol=1e-5)


SENTENCE = """
    const { DATA, Discriminator } = await load("line-game");
    const { state } = await load("game");
    const discriminator = new Discriminator(Math.random, true);
    Object.values(discriminator.weights).forEach((values, i) => values.set(given.weights[i]));
    const steps = { discriminator: given.steps[0], generator: given.steps[1] };
    return state({ steps, table: given.table, data: DATA[given.data], discriminator });
"""


@pytest.mark.parametrize("data", list(toy.DATA))
def test_the_game_says_how_it_stands_as_in_a_notebook(live, data):
    line = toy.LineGame(keras.optimizers.SGD(0.3), keras.optimizers.SGD(0.3), data=data, seed=1)
    line.play(1)
    table = np.float32([[-0.004, 1], [-1.5, -0.25], [30, 0.5], [2, 1]])[: len(line.table)]
    line.generator.set_weights([table])
    given = {"weights": [w.ravel().tolist() for w in line.discriminator.get_weights()]}
    given |= {"steps": [1, 1], "table": table.tolist(), "data": data}
    assert live(SENTENCE, given) == game.draw_game(line)[1]
