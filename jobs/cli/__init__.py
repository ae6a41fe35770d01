"""The `iolaus` command: what people and schedulers call, and what it prints."""
