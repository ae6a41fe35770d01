"""What is shared: how common, by whom, and how surprising that is."""
