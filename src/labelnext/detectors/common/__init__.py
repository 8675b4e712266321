"""What adapters share: checks, weights files, devices, suppression, embeddings, class names."""
