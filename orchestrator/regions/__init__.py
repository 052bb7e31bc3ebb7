"""Where the style applies: masks from many sources, steady over time, and what stands outside them."""
