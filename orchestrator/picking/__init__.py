"""Which LoRA, at which weight and strength: found by painting few frames with many, and many with few."""
