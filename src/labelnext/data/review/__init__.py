"""A data set looked at: statistics, faults and their mending, images that are there twice."""
