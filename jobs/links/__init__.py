"""Links: account-entity pairs weighed against chance, pruned and connected. Nothing here judges intent."""
