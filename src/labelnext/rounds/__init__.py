"""The cycle: propose → label → train → evaluate, on a project that survives being stopped.

`setup` makes a project, `overview` opens one and reads its figures, `loop` finds the next step and
runs on. Below them are `sources` (what the index is filled from), `steps` (of a cycle), `accounts`
(what labelling costs) and `outlook` (what comes).
"""
