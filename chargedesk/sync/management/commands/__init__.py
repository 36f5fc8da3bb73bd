"""Commands, named verb-object and safe to repeat."""
