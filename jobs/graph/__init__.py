"""Algorithms on plain frames, arrays and networkx graphs; no table names."""
