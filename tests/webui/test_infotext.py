"""Reading infotexts as A1111 and Forge write them."""

from __future__ import annotations

from orchestrator.webui.infotext import parse

TEXT = """a street: wide, sunny <lora:bunny-0a1b2c3d4e5f:0.8>
second line
Negative prompt: blurry,
worst quality
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Seed: 42, Size: 640x272, \
Model hash: abc, Model: v1.5, Denoising strength: 0.45, \
Lora hashes: "bunny-0a1b2c3d4e5f: 0a1b2c3d4e5f, other: ffff00001111", \
Hires prompt: "say \\"hi\\", twice", Version: f2.0.1v1.10.1"""


def test_all_parts_are_read() -> None:
    """Prompts keep their lines, pairs their quoted commas."""
    told = parse(TEXT)
    assert told.prompt == "a street: wide, sunny <lora:bunny-0a1b2c3d4e5f:0.8>\nsecond line"
    assert told.negative_prompt == "blurry,\nworst quality"
    assert told.fields["Sampler"] == "DPM++ 2M"
    assert told.fields["Schedule type"] == "Karras"
    assert told.fields["Hires prompt"] == 'say "hi", twice'
    assert told.fields["Version"] == "f2.0.1v1.10.1"
    assert told.lora_hashes == {"bunny-0a1b2c3d4e5f": "0a1b2c3d4e5f", "other": "ffff00001111"}


def test_the_loras_of_sdnext_are_read() -> None:
    """It lists names and hashes apart, in one order."""
    told = parse(
        'a\nSteps: 20, LoRA networks: "bunny-0a1b, other", LoRA hashes: "0a1b2c3d4e5f, ffff00001111"'
    )
    assert told.lora_hashes == {"bunny-0a1b": "0a1b2c3d4e5f", "other": "ffff00001111"}


def test_text_without_pairs_is_a_prompt() -> None:
    """A prompt with colons and commas is not mistaken for parameters, nor is nothing."""
    assert parse("Scene: night, Mood: calm").fields == {}
    assert parse("Scene: night, Mood: calm").prompt == "Scene: night, Mood: calm"
    assert parse("").lora_hashes == {}
