"""People: pseudonyms, who asked to be forgotten, and which columns may say anything about them."""
