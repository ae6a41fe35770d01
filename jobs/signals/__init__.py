"""Signals: observations of one source each. A new signal is one new module here and its contract."""
