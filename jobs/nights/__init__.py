"""Nights: which steps there are, what each is made from, and building them in order."""
