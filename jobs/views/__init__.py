"""What people read: evidence of one subject, the data dictionary, the report."""
