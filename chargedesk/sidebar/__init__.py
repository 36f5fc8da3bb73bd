"""What support agents see beside the ticket: builds the Card and serves it."""
