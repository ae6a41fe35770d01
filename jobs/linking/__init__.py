"""Linking alone: any file of observations in, clusters out."""
