"""Plain building blocks every part may use: money, ids, clock, errors, secrets. No Django."""
