"""How right the published tables are, against known truth."""
