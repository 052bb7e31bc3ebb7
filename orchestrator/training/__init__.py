"""From a training set to a LoRA that is known to be usable."""
