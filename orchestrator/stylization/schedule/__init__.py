"""What changes in the course of a video: numbers by keys or formulas, looks by segments."""
