"""One file a stage: each says what its artifact is made of, how it is made, and how it is read back.

The settings that a stage names are contents and not paths, so that a moved project keeps its work (but for
the report, which shows paths); what does not change the artifact (time-outs, addresses, secrets) is left out.
"""
