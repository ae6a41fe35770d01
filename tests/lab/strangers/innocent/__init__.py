"""Innocent causes, by theme.  Importing a theme registers its causes."""

from . import hobby, labour, lifecycle, money, privacy, research, study, tools

THEMES = (study, tools, privacy, money, labour, research, lifecycle, hobby)
