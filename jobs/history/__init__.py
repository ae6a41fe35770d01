"""What happens to nights that were built: rebuilt, reproduced, shortened, forgotten, looked at."""
