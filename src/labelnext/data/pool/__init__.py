"""Where images are: folders, globs, lists of paths, URLs."""
