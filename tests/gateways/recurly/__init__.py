"""The Recurly adapter, file by file."""
