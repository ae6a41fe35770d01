"""Detectors of coordinated extraction scored on worlds with known truth: any detector, not only this project's."""
