"""How large: intervals, published cases, ranks and what may be said of them."""
