"""What comes: how long a whole loop takes, what the next batch brings, whether to go on."""
