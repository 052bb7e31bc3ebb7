"""A video and a style in; a restyled video, its LoRA, and proof of how good it is out."""

__version__ = "0.1.0"
