"""Why they act together: roles, features, competing explanations, analysts, words and actors."""
