"""Training that every torch detector shares: options, examples, augmentation, the loop, its state.

A detector brings a `loop.Step`.
"""
