"""Gateway adapters, file by file."""
