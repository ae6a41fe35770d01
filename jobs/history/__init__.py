"""What happens to nights that were built: rebuilt, reproduced, shortened, forgotten, brought under another key, looked at."""
