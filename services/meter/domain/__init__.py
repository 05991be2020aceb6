"""Usage, prices, budgets and accounts as pure values."""
