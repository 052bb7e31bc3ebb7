"""The training itself: everything put together, step after step, saved when it is due."""

from __future__ import annotations

import secrets
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from orchestrator.embedded import checkpoint, kohya
from orchestrator.embedded.trainer import batches, console, journal, machine, metadata, pictures, schedule
from orchestrator.embedded.trainer.config import TrainingConfig, convolution_rank
from orchestrator.embedded.trainer.examples import Drawer
from orchestrator.embedded.trainer.latents import Encoder, Latents, Pairing
from orchestrator.embedded.trainer.learner import Learner
from orchestrator.embedded.trainer.network import LoraNetwork, Plan
from orchestrator.errors import PresetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.trainer.dataset_config import Dataset
    from orchestrator.embedded.trainer.metadata import Making
    from orchestrator.embedded.trainer.objective import Prediction


def train(config: TrainingConfig, datasets: Sequence[Dataset]) -> Path:
    """Train a LoRA, and return its file.

    The same inputs, seed and number of threads give the same tensors, bit for bit, on a CPU.

    Raises:
        ImageError: the pictures or captions cannot be used.
        ModelFileError, LoraError: the base model or `network_weights` cannot be used.
        PresetError: the configuration contradicts the base model.
        TrainerError: the loss has become infinite.
        MissingPackage: TensorBoard is asked for and not installed.
    """
    log = journal.opened(config)
    making = _prepared(config, datasets)
    torch.manual_seed(making.seed)
    network = _network(config, making.base)
    drawer = Drawer(config, making.pictures, _latents(making), making.seed)
    learner = Learner(
        config,
        making.base,
        network,
        making.machine,
        prediction=prediction_type(config, making.base),
        steps=making.extent.steps,
    )
    console.headings(making.pictures, datasets, making.extent, config.gradient_accumulation_steps)
    _learn(making, learner, drawer, network, log)
    final = Path(config.output_dir) / schedule.final_file(config)
    _save(final, making, network, making.extent.steps, making.extent.epochs)
    console.note("model saved.")
    return final


def _prepared(config: TrainingConfig, datasets: Sequence[Dataset]) -> Making:
    found = pictures.collect(datasets)
    runs_on = machine.choose(config)
    return metadata.Making(
        training=config,
        datasets=datasets,
        pictures=found,
        base=checkpoint.load(
            config.pretrained_model_name_or_path, device=runs_on.device, dtype=runs_on.weights
        ),
        extent=schedule.length(config, batches.count(found, datasets)),
        seed=secrets.randbelow(2**32) if config.seed is None else config.seed,
        machine=runs_on,
        started=time.time(),
    )


def prediction_type(config: TrainingConfig, base: Components) -> Prediction:
    """Return what the base model predicts.

    A diffusers folder says so itself. A single file may not, and is then taken for one that predicts noise,
    unless `v_parameterization` says otherwise.

    Raises:
        PresetError: `v_parameterization` contradicts what the model says.
    """
    own: Prediction = base.scheduler.config.prediction_type
    wanted = {None: own, True: "v_prediction", False: "epsilon"}[config.v_parameterization]
    is_file = Path(config.pretrained_model_name_or_path).is_file()
    if wanted != own and not (is_file and wanted == "v_prediction"):
        raise PresetError(
            f"v_parameterization = {str(config.v_parameterization).lower()}, but {base.name} predicts {own}",
            remedy="Leave v_parameterization away: the model itself says what it predicts.",
        )
    return "v_prediction" if wanted == "v_prediction" else "epsilon"


def _network(config: TrainingConfig, base: Components) -> LoraNetwork:
    plan = Plan(
        rank=config.network_dim,
        alpha=config.network_alpha,
        convolutions=convolution_rank(config),
        unet=not config.network_train_text_encoder_only,
        text_encoders=not config.network_train_unet_only,
        dropout=config.network_dropout or 0.0,
        without=config.network_without,
    )
    network = LoraNetwork(base, plan)
    if config.network_weights:
        network.start_from(kohya.load(Path(config.network_weights)))
    return network


def _latents(making: Making) -> Latents:
    config, base = making.training, making.base
    pairs = config.objective == "img2img_pairs"
    pairing = Pairing(config.pair_variants, config.pair_probability) if pairs else None
    encoder = Encoder(base.vae, making.machine.device, base.sha256)
    latents = Latents(making.pictures, encoder, pairing, making.seed)
    if config.cache_latents or config.cache_latents_to_disk:
        folder = Path(config.output_dir) / "latents" if config.cache_latents_to_disk else None
        used = [index for index, picture in enumerate(making.pictures) if picture.repeats]
        for index in console.counted(used, "caching latents"):
            latents.remember(index, folder)
        base.vae.to("cpu")
    return latents


def _learn(
    making: Making, learner: Learner, drawer: Drawer, network: LoraNetwork, log: journal.Journal
) -> None:
    config, folder = making.training, Path(making.training.output_dir)
    recent: deque[float] = deque(maxlen=making.extent.batches)
    step = 0
    with console.steps(making.extent.steps) as bar:
        for epoch in range(1, making.extent.epochs + 1):
            console.epoch(epoch, making.extent)
            for parts in _grouped(making, epoch, making.extent.steps - step):
                losses = learner.learn([drawer.draw(batch) for batch in parts])
                recent.extend(losses)
                step += 1
                bar.step(sum(recent) / len(recent))
                log.add(step, {"loss/current": losses[-1], "loss/average": sum(recent) / len(recent)})
                if name := schedule.step_file(config, step):
                    _save(folder / name, making, network, step, epoch)
            if name := schedule.epoch_file(config, epoch, making.extent):
                _save(folder / name, making, network, step, epoch)


def _grouped(making: Making, epoch: int, limit: int) -> Iterator[list[batches.Batch]]:
    """Yield the batches of an epoch, grouped as gradients are accumulated; `limit` groups at most."""
    order = batches.of_epoch(making.pictures, making.datasets, seed=making.seed, epoch=epoch)
    size = making.training.gradient_accumulation_steps
    for start in range(0, len(order), size)[:limit]:
        yield order[start : start + size]


def _save(file: Path, making: Making, network: LoraNetwork, step: int, epoch: int) -> None:
    console.saving(file)
    dtype = machine.DTYPES[making.training.save_precision or "float"]
    tensors = {name: tensor.to(dtype) for name, tensor in network.state_dict().items()}
    kohya.save(file, tensors, metadata.of_file(making, steps=step, epoch=epoch, now=time.time()))
