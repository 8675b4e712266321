"""Readers and writers of label formats, one format a file; known by name as entry points."""
