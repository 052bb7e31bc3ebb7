"""A LoRA trainer with the contract of sd-scripts' `train_network.py`: the same two files in, the same out."""
