"""A model from a local folder, as transformers saves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.errors import MissingPackage, ModelFileError

if TYPE_CHECKING:
    from pathlib import Path


def saved(kind: str, folder: Path) -> Any:
    """Return what a folder holds; nothing is ever downloaded, and no code in it is run.

    Args:
        kind: a class of transformers.
        folder: with `config.json` and `model.safetensors`.

    Raises:
        ModelFileError: there is no such folder, or it holds something else.
        MissingPackage: transformers is not installed.
    """
    if not (folder / "config.json").is_file():
        raise ModelFileError(
            "there is no model in this folder: config.json is missing",
            where=str(folder),
            remedy="Name a folder with config.json and model.safetensors.",
        )
    library = transformers()
    try:
        return getattr(library, kind).from_pretrained(folder, local_files_only=True)
    except Exception as error:
        # what is raised depends on which of a dozen files is wrong, and how
        raise ModelFileError(f"this folder holds no {kind}: {error}", where=str(folder)) from error


def transformers() -> Any:
    """Return the library, made to be silent. Raises MissingPackage."""
    try:
        import transformers as library
    except ImportError as error:
        raise MissingPackage(
            "transformers, which runs this model, is not installed",
            remedy="pip install 'orchestrate[regions]'",
        ) from error
    library.utils.logging.disable_progress_bar()  # it would write over ours
    return library
