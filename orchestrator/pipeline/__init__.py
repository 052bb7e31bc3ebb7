"""Stages as values, kept by what they are made of.

`stage` says what a stage is, `store` where its artifact lies, `order` what comes first, `explain` what
will run and why, `execute` runs it by `making`, and `lease` keeps two runs out of one folder.
"""
