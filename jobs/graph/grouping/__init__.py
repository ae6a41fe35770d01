"""Who belongs together: groups with a profile, their pieces of evidence, and the same groups the night before."""
