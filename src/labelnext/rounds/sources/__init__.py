"""What is read into a project's index: imports of sources, what is held out, folders that moved."""
