"""What a project keeps: the index of images, the ledger of rounds, score shards, weights, a lock."""
