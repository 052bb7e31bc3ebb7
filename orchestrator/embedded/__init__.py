"""The two programs that stand in for sd-scripts and a WebUI, on diffusers alone, and the model that ships."""
