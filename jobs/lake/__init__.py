"""The lake: Iceberg tables whose nights are replaced in one transaction, and their history."""
