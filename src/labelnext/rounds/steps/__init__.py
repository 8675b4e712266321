"""The four steps of a cycle: propose, label, train, evaluate."""
