"""What runs in the pages gives the package's numbers: noise, pictures, verdicts, gradients."""

import shutil
import subprocess

import numpy as np
import pytest

import build
import cgan_utils as cg

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def live(visit):
    """A function that runs JavaScript in a page, with the modules of live/ as `load(name)`."""

    def run(script: str, value=None, plain: bool = False):
        page = visit("search.html")
        if plain:  # as in a browser without WebAssembly
            page.evaluate("() => { WebAssembly.compile = () => Promise.reject(Error()); }")
        start = "async (value) => { const load = (name) => import(`./_static/live/${name}.js`);"
        return page.evaluate(f"{start} {script} }}", value)

    return run


def test_a_seed_gives_the_noise_of_numpy_bit_for_bit(live):
    seeds = [*range(300), 999, 2**31, 2**32 - 1]
    script = """
        const { standardNormal } = await load("noise");
        return value.map((seed) => [...new Uint32Array(standardNormal(64, seed).buffer)]);
    """
    expected = [np.random.default_rng(s).standard_normal(64, dtype=np.float32) for s in seeds]
    assert live(script, seeds) == np.array(expected).view(np.uint32).tolist()


DRAW = """
    const { shippedGenerator, judge } = await load("models");
    const [generator, referee] = [await shippedGenerator(), await judge()];
    return value.rows.map((row, i) => {
        const image = generator.draw([row], [Float32Array.from(value.latents[i])]).slice();
        return { image: [...image], seen: [...referee.probabilities(image)] };
    });
"""


@pytest.mark.parametrize("plain", [False, True], ids=["WebAssembly", "JavaScript"])
def test_pictures_are_one_gray_level_off_at_most_and_verdicts_the_same(live, plain):
    generator, judge = cg.load_pretrained("mnist"), cg.Judge()
    count = 20 if plain else 200
    rows = cg.one_hot(np.arange(count) % 10, 10)
    rows[::7] = 0.5 * rows[::7] + 0.5 * rows[1:2]  # mixtures, too
    latents = generator.draw_latents(count, seed=5)
    images = generator.generate(rows, latents=latents)
    probabilities = judge.probabilities(images)
    came = live(DRAW, {"rows": rows.tolist(), "latents": latents.tolist()}, plain)
    pixels = np.array([one["image"] for one in came]).reshape(images.shape)
    assert np.abs(pixels - images).max() * 255 <= 1
    seen = np.array([one["seen"] for one in came])
    np.testing.assert_allclose(seen, probabilities, atol=0.02)
    sure = probabilities.max(axis=1) > 0.6
    assert sure.mean() > 0.8
    np.testing.assert_array_equal(seen.argmax(axis=1)[sure], probabilities.argmax(axis=1)[sure])


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
