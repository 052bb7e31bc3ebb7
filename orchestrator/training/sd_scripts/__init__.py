"""What is particular to kohya's sd-scripts: its checkout, its arguments, its states."""
