"""Worlds with known truth: raw deliveries as the input contract wants them, and who was behind them.

`worlds.write_world` writes a world; `specs` holds what it is made of.
"""
