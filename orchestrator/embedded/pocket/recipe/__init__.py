"""How pocket was made: `python -m orchestrator.embedded.pocket.recipe.<step> --work FOLDER`.

The steps, in order: `pictures`, `tokenizer`, `autoencoder`, `latents`, `unet`, `export`, `evaluate`.
"""
