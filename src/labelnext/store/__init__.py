"""What a project keeps: index of images, ledger of rounds, score shards, weights, a lock."""
