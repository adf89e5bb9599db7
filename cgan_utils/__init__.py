"""A small helper package for learning conditional GANs: what a notebook builds, a module holds.

| notebook | idea | modules |
|---|---|---|
| 00_start | ask for any digit, before any theory | pretrained, widgets |
| 01_data | images, labels, one-hot rows, batches | data, conditions, datasets |
| 02_discriminator | real or fake, and does the label match | discriminator |
| 03_generator | noise and a label to an image | generator, sampler |
| 04_minimax_loss | the two-player game, in one dimension | losses, toy, game |
| 05_training | alternating updates, and reading a run | training, recipes, callbacks |
| 06_interpolation | walking through labels and noise; the GIF | interpolation |
| 07_evaluation | obedience, variety, copies | evaluation, metrics, judge, memorization, pupil |
| 08_wasserstein | the critic and the gradient penalty | wasserstein |
| 09_conditioning | ways in for the label, side by side | conditioning |
| 10_attributes | several conditions at once, and by degrees | attributes, morphology |
| 11_beyond | uses and misuse, other generators, what it cost | files |

Beside them: patient, the networks of the generators we ship; diagrams, figures and pictures, what
is drawn; files, what the package ships; checks, fitting and settings, what inputs and networks go
through; distribution, several devices and machines; attribute_widgets, a control for each
attribute.

Imports go one way: what comes in (datasets, conditions, data), networks, the game (losses,
training, recipes), what comes out (sampler, pretrained, interpolation), what is measured (metrics,
judge, evaluation), the edge (figures, diagrams, widgets, game).
"""

from . import _quiet  # first: it imports TensorFlow without its log
from .attribute_widgets import explore_attributes
from .attributes import Agreement, AttributeScores, agreement
from .callbacks import Snapshots, StopOnNaN, TimeBudget
from .conditioning import (
    WAYS,
    ConditionalBatchNormalization,
    build_auxiliary_discriminator,
    build_conditional_norm_generator,
    build_conditioned_discriminator,
)
from .conditions import Attributes, Classes, one_hot
from .data import LabeledImages, load_images
from .datasets import DATASETS, DataSet
from .diagrams import Diagram, diagram
from .discriminator import LabelPlanes, build_discriminator, build_published_discriminator
from .evaluation import LabelUseProbe, Scores, conditional_accuracy, evaluate
from .figures import (
    live_images,
    plot_losses,
    plot_scores,
    show_images,
    show_source,
    use_style,
)
from .files import load_results
from .game import play_game
from .generator import build_generator, build_published_generator, multiply_adds
from .interpolation import interpolate_labels, label_path, latent_directions, latent_path
from .judge import Judge
from .losses import (
    discriminator_loss,
    fake_loss,
    gradient_penalty,
    non_saturating_loss,
    r1_penalty,
    real_loss,
    saturating_loss,
    squared_slopes,
    value,
    wasserstein_fake_loss,
    wasserstein_real_loss,
)
from .memorization import memorization
from .morphology import measure_digits
from .patient import build_patient_discriminator, build_patient_generator
from .pictures import grid, save_gif
from .pretrained import load_pretrained, load_strip
from .pupil import classification_accuracy_score, make_rare, rare_class_gain
from .recipes import RECIPES, Penalty, Recipe, train
from .sampler import Sampler
from .training import ConditionalGAN
from .wasserstein import PenalizedGAN
from .widgets import (
    explore,
    explore_discriminator,
    explore_interpolation,
    explore_mixture,
    explore_training,
)
