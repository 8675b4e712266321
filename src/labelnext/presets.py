"""The two presets of every quirk: `corrected` does what the paper means, `authors-code` what it ran."""
