"""The page that shows a run: first as data, then as one file that any browser opens."""
