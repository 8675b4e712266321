"""What every format must stand: round trips, damaged files, hostile files."""
