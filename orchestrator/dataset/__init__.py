"""From a film or a folder of pictures to a training set in kohya's layout."""
