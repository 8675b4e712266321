"""Video files as frames."""
