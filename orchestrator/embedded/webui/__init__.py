"""A Stable Diffusion WebUI's HTTP API, `/sdapi/v1`, on diffusers: python -m orchestrator.embedded.webui."""
