"""Projects of EbSynth: the frames between painted ones made by that program, by hand."""
