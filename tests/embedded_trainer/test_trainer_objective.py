"""What the network is asked and how its answers are weighed, against the papers and diffusers."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from orchestrator.buckets import Fit
from orchestrator.embedded.trainer.config import TrainingConfig
from orchestrator.embedded.trainer.dataset_config import Subset
from orchestrator.embedded.trainer.examples import Drawer
from orchestrator.embedded.trainer.latents import View
from orchestrator.embedded.trainer.objective import Objective, Prediction, answer, min_snr_weight, spread
from orchestrator.embedded.trainer.pictures import Picture
from orchestrator.embedded.trainer.recolour import palette, recoloured

ALPHAS = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)


def objective(prediction: Prediction = "epsilon", **keys: object) -> Objective:
    needed = {"pretrained_model_name_or_path": "p", "output_dir": "o", "network_module": "networks.lora"}
    return Objective(TrainingConfig.model_validate({**needed, **keys}), ALPHAS, prediction)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_denoising_asks_for_what_diffusers_defines(kind: Prediction) -> None:
    """With target and source alike the answer is the noise, or diffusers' velocity."""
    from diffusers import DDIMScheduler

    torch.manual_seed(0)
    latents = torch.randn(3, 4, 8, 8)
    torch.manual_seed(1)
    task = objective(kind, min_timestep=200).task(latents, latents)
    torch.manual_seed(1)
    steps, noise = spread(3, 200, 1000), torch.randn(latents.shape)
    schedule = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    assert torch.equal(task.timesteps, steps)
    torch.testing.assert_close(task.noisy, schedule.add_noise(latents, noise, steps))
    expected = noise if kind == "epsilon" else schedule.get_velocity(latents, noise, steps)
    torch.testing.assert_close(task.target, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_a_right_answer_leads_to_the_target_from_any_source(kind: Prediction) -> None:
    """A DDIM step to zero noise with the right answer gives the target, whatever was noised."""
    torch.manual_seed(0)
    target, source, noise = torch.randn(3, 2, 4, 8, 8).double()
    kept = torch.tensor([0.9, 0.3]).double().view(-1, 1, 1, 1)
    noisy = kept.sqrt() * source + (1 - kept).sqrt() * noise
    told = answer(noisy, target, kept, kind)
    if kind == "epsilon":
        found = (noisy - (1 - kept).sqrt() * told) / kept.sqrt()
    else:
        found = kept.sqrt() * noisy - (1 - kept).sqrt() * told
    torch.testing.assert_close(found, target)


def test_timesteps_stay_within_their_limits() -> None:
    """`min_timestep` is the first that occurs, `max_timestep` the first that does not."""
    torch.manual_seed(0)
    latents = torch.zeros(500, 1, 1, 1)
    drawn = objective(min_timestep=30, max_timestep=34).task(latents, latents).timesteps
    assert set(drawn.tolist()) == {30, 31, 32, 33}


def test_noise_offset_shifts_whole_channels() -> None:
    """The mean noise of a channel varies by the offset, where plain noise averages out."""
    torch.manual_seed(0)
    latents = torch.zeros(64, 4, 32, 32)
    task = objective(noise_offset=0.5).task(latents, latents)
    assert task.target.mean(dim=(2, 3)).std().item() == pytest.approx(0.5, rel=0.15)


def test_losses_are_weighed_by_snr_and_picture() -> None:
    """min-SNR: min(snr, 5) / snr for noise, min(snr, 5) / (snr + 1) for velocity."""
    kept = torch.tensor([0.5, 0.9])  # signal-to-noise ratios 1 and 9
    torch.testing.assert_close(min_snr_weight(kept, 5, "epsilon"), torch.tensor([1.0, 5 / 9]))
    torch.testing.assert_close(min_snr_weight(kept, 5, "v_prediction"), torch.tensor([0.5, 0.5]))
    latents = torch.zeros(2, 4, 2, 2)
    plain = objective()
    task = plain.task(latents, latents)
    assert plain.loss(task.target + 2, task, torch.tensor([1.0, 0.5])).item() == pytest.approx(3.0)
    assert objective(loss_type="l1").loss(task.target + 2, task, torch.ones(2)).item() == pytest.approx(2.0)


def test_huber_is_square_near_and_linear_far() -> None:
    """Pseudo-Huber: 2c(sqrt(d^2 + c^2) - c), which is d^2 for small d and 2cd for large ones."""
    latents = torch.zeros(1, 4, 2, 2)
    huber = objective(loss_type="huber", huber_schedule="constant", huber_c=0.1)
    task = huber.task(latents, latents)
    assert huber.loss(task.target + 1e-3, task, torch.ones(1)).item() == pytest.approx(1e-6, rel=0.02)
    assert huber.loss(task.target + 100, task, torch.ones(1)).item() == pytest.approx(20, rel=0.01)


def test_windows_are_the_same_part_of_target_and_source() -> None:
    """A window is cut from both at one place, and knows its corner in pixels."""
    grid = torch.arange(64.0).view(1, 8, 8)
    view = View(grid, grid + 100, (16, 8), (64, 64))
    corners = set()
    for seed in range(40):
        window = view.window(6, Random(seed))
        assert window.target.shape == (1, 6, 6)
        assert torch.equal(window.source, window.target + 100)
        top, left = (int(x) for x in divmod(window.target[0, 0, 0].item(), 8))
        assert window.corner == (16 + 8 * top, 8 + 8 * left)
        assert window.size == (48, 48)
        corners.add((top, left))
    assert len(corners) == 9
    assert torch.equal(view.window(20, Random(0)).target, grid)


def test_a_windowed_step_costs_as_much_as_one_with_whole_pictures() -> None:
    """Eight pictures of 8x8 cells give eight windows of 4x4, or two of the pictures whole."""
    needed = {"pretrained_model_name_or_path": "p", "output_dir": "o", "network_module": "networks.lora"}
    picture = Picture(Path("p.png"), (64, 64), "c", Fit((64, 64), (64, 64)), 1, Subset(image_dir="x"), 0)

    class Whole:
        def draw(self, index: int) -> View:
            grid = torch.arange(64.0).view(1, 8, 8) + 100 * index
            return View(grid, grid, (0, 0), (64, 64))

    for rate, count, side in ((1.0, 8, 4), (0.0, 2, 8)):
        config = TrainingConfig.model_validate({**needed, "latent_window": 4, "latent_window_rate": rate})
        drawn = Drawer(config, [picture] * 8, Whole(), seed=1).draw(tuple(range(8)))
        assert drawn.target.shape == (count, 1, side, side)
        assert len(drawn.captions) == len(drawn.weights) == len(drawn.sizes) == count
        assert len({int(look.min()) // 100 for look in drawn.target}) == count


def test_a_batch_has_little_and_much_noise_in_equal_shares() -> None:
    """Of sixteen timesteps one lies in each sixteenth, in another order each time; alone, each is uniform."""
    torch.manual_seed(0)
    draws = torch.stack([spread(16, 100, 420) for _ in range(400)])
    assert torch.equal(((draws - 100) // 20).sort(dim=1).values, torch.arange(16).expand(400, 16))
    assert draws[:, 0].float().mean().item() == pytest.approx(260, abs=15)
    assert {int(each) for each in (draws[:, 0] - 100) // 20} == set(range(16))


def test_recoloured_copies_keep_shapes_and_take_a_photographs_colours() -> None:
    """Edges and the order of colours stay, saturation falls, and a seed repeats a copy exactly."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :32], picture[:, 32:] = (220, 60, 40), (40, 120, 220)
    copies = [recoloured(picture, palette([picture]), np.random.default_rng(seed)) for seed in range(40)]
    assert np.array_equal(copies[3], recoloured(picture, palette([picture]), np.random.default_rng(3)))
    assert len({copy.tobytes() for copy in copies}) == 40
    steps = [np.abs(np.diff(copy.astype(float).mean(axis=0), axis=0)).sum(axis=1) for copy in copies]
    assert all(step.argmax() == 31 for step in steps)
    warmth = [copy[..., 0].astype(float) - copy[..., 2] for copy in copies]
    assert all(it[:, :32].mean() > it[:, 32:].mean() for it in warmth)
    assert (
        np.mean([np.abs(it).mean() for it in warmth])
        < 0.5 * np.abs(picture[..., 0] - 1.0 * picture[..., 2]).mean()
    )


def test_copies_are_moved_by_the_whole_styles_colours() -> None:
    """What is grey in a green style stays less green than the rest, as if it were not all there is."""
    grey, green = np.full((32, 32, 3), 128, np.uint8), np.full((32, 32, 3), (60, 180, 50), np.uint8)
    style = palette([grey, green])
    for seed in range(10):
        copies = [recoloured(each, style, np.random.default_rng(seed)) for each in (grey, green)]
        green_to_red = [rgb2lab(copy)[..., 1].mean() for copy in copies]
        assert green_to_red[0] > green_to_red[1]
