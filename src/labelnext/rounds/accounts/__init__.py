"""What labelling costs in a project: prices, budgets of a round, the statement, timed tasks."""
