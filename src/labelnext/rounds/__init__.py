"""The cycle: propose → label → train → evaluate, on a project that survives being stopped.

`setup` makes a project, `overview` opens one and reads its figures, `loop` finds the next step and
runs on; `propose`, `labelling`, `training` and `testing` are the steps.
"""
