"""Video and pictures: one module a task, on ffmpeg, PyAV, Pillow and OpenCV."""
