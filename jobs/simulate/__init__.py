"""Worlds with known truth: raw deliveries as the input contract wants them, and who was behind them.

`worlds.write_world` writes a world; `specs` holds what it is made of. `causes` (innocents) and `guises` (operators) are the
grammars from which `drawing` draws groups, `innocents`, `habits` and `ways` make them.
"""
