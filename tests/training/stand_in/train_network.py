r"""Behaves as sd-scripts' programs do, in what can be seen from outside, and trains nothing.

Streams, `\r`, Japanese text, the silent exit 0 on an empty data set, states, and steps that are counted anew
after a resume are those of v0.10.1. What a machine does to it (`memory`, `nan_at`, `kill_at`, `full_at`,
`slow_from`, `missing`, `no_cuda`, `no_model`, `half_state`, `sleep`, `deaf`) stands in `machine.json`.
Each step that it trains adds a line with its learning rate to `steps.log` there.
"""

import argparse
import json
import math
import os
import signal
import struct
import sys
import time
import zipfile
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
MACHINE = json.loads((HERE / "machine.json").read_text(encoding="utf-8"))


class OutOfMemoryError(RuntimeError):
    __module__ = "torch"


def int_or_float(text):
    return float(text) if "." in text else int(text)


def setup_parser():
    kinds = {"int": int, "float": float, "str": str, "int_or_float": int_or_float, "Path": Path}
    recorded = json.loads((HERE / "arguments.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser()
    for name, told in recorded[Path(__file__).stem].items():
        if told["type"] == "bool":
            parser.add_argument(f"--{name}", action="store_true")
        else:
            many = "*" if told.get("list") else None
            kind, choices = kinds.get(told["type"], str), told.get("choices")
            parser.add_argument(f"--{name}", type=kind, nargs=many, choices=choices, default=None)
    return parser


def info(text):
    print(f"2026-01-02 03:04:05 INFO     {text}                  train_network.py:1700", file=sys.stderr)


def flat(file):
    content = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    args = {}
    for key, value in content.items():
        args.update(value if isinstance(value, dict) else {key: value})
    return args


def png_size(file):
    data = file.read_bytes()
    return struct.unpack(">II", data[16:24]) if data[:4] == b"\x89PNG" else (0, 0)


def pictures(dataset_config, args):
    """Return the number of batches of an epoch, and of pictures, repeats included."""
    content = tomllib.loads(Path(dataset_config).read_text(encoding="utf-8"))
    batches = images = 0
    for dataset in content["datasets"]:
        batch = dataset.get("batch_size", args.get("train_batch_size", 1))
        sizes = {}
        for subset in sorted(dataset["subsets"], key=lambda each: each.get("is_reg", False)):
            folder = Path(subset["image_dir"])
            found = sorted(folder.glob("*.png")) if folder.is_dir() else []
            wanted = sum(sizes.values())  # regularisation pictures come until there are as many as others
            for number, file in enumerate(found):
                repeats = subset.get("num_repeats", 1)
                if subset.get("is_reg"):
                    repeats = len(range(number, wanted, len(found)))
                if not file.with_suffix(subset.get("caption_extension", ".caption")).exists():
                    info(
                        f"No caption file found for 1 images. Training will continue without captions: {file}"
                    )
                size = png_size(file) if dataset.get("enable_bucket") else "all"
                sizes[size] = sizes.get(size, 0) + repeats
                cache(file, dataset, args)
        images += sum(sizes.values())
        batches += sum(math.ceil(count / batch) for count in sizes.values())
    return batches, images


def cache(file, dataset, args):
    """Take what lies beside a picture without asking for which resolution it was made."""
    if not args.get("cache_latents_to_disk"):
        return
    npz = file.with_suffix(".npz")
    if npz.exists() and npz.read_text() != str(dataset["resolution"]):
        (HERE / "stale.log").write_text(str(npz))
    npz.write_text(str(dataset["resolution"]))


def need(args, content):
    """The memory of a training, in a unit of its own."""
    picture = content["datasets"][0]["resolution"]
    side = picture[0] if isinstance(picture, list) else picture
    per_picture = (8 if args.get("gradient_checkpointing") else 16) * (side / 512) ** 2
    encoder = 0 if args.get("cache_latents") else 4
    optimizer = 2 if "8bit" in args.get("optimizer_type", "") else 4
    return per_picture * args.get("train_batch_size", 1) + encoder + optimizer


def lora(file, args, step):
    tensors, data = {}, b""
    shapes = {"alpha": [], "lora_down.weight": [1, 4], "lora_up.weight": [4, 1]}
    for part, shape in shapes.items():
        piece = struct.pack(f"<{math.prod(shape)}f", *[1.0] * math.prod(shape))
        ends = [len(data), len(data) + len(piece)]
        tensors[f"lora_unet_mid_block.{part}"] = {"dtype": "F32", "shape": shape, "data_offsets": ends}
        data += piece
    tensors["__metadata__"] = {"ss_steps": str(step), "ss_output_name": args["output_name"]}
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    Path(file).write_bytes(struct.pack("<Q", len(header)) + header + data)


def save_state(args, name, epoch, step, scheduler_step):
    info(f"saving state at {name}")
    folder = Path(args["output_dir"]) / f"{args['output_name']}{name}-state"
    folder.mkdir(parents=True, exist_ok=True)
    lora(folder / "model.safetensors", args, step)
    (folder / "train_state.json").write_text(json.dumps({"current_epoch": epoch, "current_step": step}))
    for part in ("optimizer.bin", "scheduler.bin"):
        with zipfile.ZipFile(folder / part, "w") as archive:
            archive.writestr("data", str(scheduler_step))
    if MACHINE.get("half_state") == name:
        die("half_state")
    with zipfile.ZipFile(folder / "random_states_0.pkl", "w") as archive:
        archive.writestr("data", "0")


def die(reason):
    """As if the machine had been switched off, once."""
    MACHINE.pop(reason)
    (HERE / "machine.json").write_text(json.dumps(MACHINE))
    os.kill(os.getpid(), signal.SIGKILL)


def save(args, name, step):
    file = Path(args["output_dir"]) / f"{args['output_name']}{name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    print(f"\nsaving checkpoint: {file}")
    lora(file, args, step)


def learning_rate(args, scheduler_step):
    if args.get("lr_scheduler", "constant").startswith("constant"):
        return args["learning_rate"]
    return args["learning_rate"] * 0.5 * (1 + math.cos(math.pi * scheduler_step / args["max_train_steps"]))


def refuse(args, dataset_config):
    content = tomllib.loads(Path(dataset_config).read_text(encoding="utf-8"))
    if args.get("optimizer_type", "").endswith("8bit") and "bitsandbytes" in MACHINE.get("missing", ()):
        raise ImportError("No bitsandbytes / bitsandbytesがインストールされていないようです")
    if args.get("xformers") and "xformers" in MACHINE.get("missing", ()):
        raise ImportError("No xformers / xformersがインストールされていないようです")
    if args.get("mixed_precision", "no") != "no" and MACHINE.get("no_cuda"):
        raise ValueError("fp16 mixed precision requires a GPU (not 'cpu').")
    if not os.path.exists(args["pretrained_model_name_or_path"]) or MACHINE.get("no_model"):
        raise ValueError(
            f'The provided pretrained_model_name_or_path "{args["pretrained_model_name_or_path"]}" '
            "is neither a valid local path nor a valid repo id."
        )
    return need(args, content)


def train(args, dataset_config):
    batches, images = pictures(dataset_config, args)
    if images == 0:
        info("No data found. Please verify arguments (train_data_dir must be the parent)")
        return
    memory = refuse(args, dataset_config)
    per_epoch = math.ceil(batches / args.get("gradient_accumulation_steps", 1))
    if args.get("max_train_epochs"):
        args["max_train_steps"] = args["max_train_epochs"] * per_epoch
    steps = args.get("max_train_steps", 1600)
    args["max_train_steps"] = steps
    epochs = math.ceil(steps / per_epoch)
    if ratio := args.get("save_n_epoch_ratio"):
        args["save_every_n_epochs"] = epochs // ratio or 1

    start = scheduler_step = 0
    if resume := args.get("resume"):
        start = json.loads(Path(resume, "train_state.json").read_text())["current_step"]
        with zipfile.ZipFile(Path(resume, "scheduler.bin")) as archive:
            scheduler_step = int(archive.read("data"))
    start = args.get("initial_step", start)
    assert start == 0 or steps > start, (
        f"max_train_steps should be greater than initial step: {steps} vs {start}"
    )

    print("running training / 学習開始")
    print(f"  num train images * repeats / 学習画像の数×繰り返し回数: {images}")
    print(f"  num batches per epoch / 1epochのバッチ数: {batches}")
    print(f"  num epochs / epoch数: {epochs}")
    print(f"  total optimization steps / 学習ステップ数: {steps}")
    done = 0
    for epoch in range(start // per_epoch, epochs):
        print(f"\nepoch {epoch + 1}/{epochs}\n")
        for _ in range(per_epoch):
            if MACHINE.get("memory") is not None and memory > MACHINE["memory"]:
                raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 7.79 GiB")
            with (HERE / "steps.log").open("a") as log:
                log.write(f"{learning_rate(args, scheduler_step):.9f}\n")
            done += 1
            scheduler_step += 1
            slow = MACHINE.get("slow_from", math.inf) <= done
            time.sleep(MACHINE.get("sleep", 0) * (10 if slow else 1))
            loss = "nan" if MACHINE.get("nan_at", math.inf) <= done else f"{1 / (scheduler_step + 1):.3g}"
            bar = f"\rsteps: {100 * done // steps:3d}%|█▎        | {done}/{steps} [00:01<00:05,  1.37s/it"
            print(bar + "]", end="", file=sys.stderr, flush=True)
            if MACHINE.get("full_at") == done:
                raise OSError(28, "No space left on device")
            if args.get("save_every_n_steps") and done % args["save_every_n_steps"] == 0:
                save(args, f"-step{done:08d}", done)
                if args.get("save_state"):
                    save_state(args, f"-step{done:08d}", epoch + 1, done, scheduler_step)
            print(f"{bar}, avr_loss={loss}]", end="", file=sys.stderr, flush=True)
            if MACHINE.get("kill_at") == scheduler_step:
                die("kill_at")
            if done >= steps:
                break
        every = args.get("save_every_n_epochs")
        if every and (epoch + 1) % every == 0 and epoch + 1 < epochs:
            save(args, f"-{epoch + 1:06d}", done)
            if args.get("save_state"):
                save_state(args, f"-{epoch + 1:06d}", epoch + 1, done, scheduler_step)
        if args.get("sample_every_n_epochs") and args.get("sample_prompts"):
            folder = Path(args["output_dir"]) / "sample"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{args['output_name']}_e{epoch + 1:06d}_00_20260102030405.png").write_bytes(b"png")
    if args.get("save_state"):
        save_state(args, "", epochs, done, scheduler_step)
    save(args, "", done)
    info("model saved.")


if __name__ == "__main__":
    (HERE / "pid").write_text(str(os.getpid()))
    if MACHINE.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parsed = setup_parser().parse_args()
    train(flat(parsed.config_file), parsed.dataset_config)
