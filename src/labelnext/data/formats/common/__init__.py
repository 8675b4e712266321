"""What several formats share: paths, text, XML, JSON, sizes, and what a writer reports."""
