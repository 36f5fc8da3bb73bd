"""Private PostgreSQL and Redis, and the runner behind `make run`. Plain Python, no Django."""
