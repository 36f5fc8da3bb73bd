"""What the suite runs on: a PostgreSQL, Redis, sandbox, worker and web server of its own."""
