"""Pages that compare prices: what customers are charged against what it costs, and months under other lists."""
