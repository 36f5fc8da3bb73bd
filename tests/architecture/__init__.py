"""Tests of the shape: islands, scopes, catalogues, promises kept in files."""
