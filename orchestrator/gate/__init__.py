"""Whether a new version of a LoRA is worse than the one before: a suite painted with both, and statistics."""
