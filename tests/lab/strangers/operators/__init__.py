"""Operators' styles, by theme.  Importing a theme registers its styles."""

from . import careful, covered, plain

THEMES = (plain, careful, covered)
