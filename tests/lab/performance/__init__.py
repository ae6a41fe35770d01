"""What a night costs: CPU seconds and peak memory by step and size, against the least that any pipeline must do."""
