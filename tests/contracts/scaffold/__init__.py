"""Files that a new gateway starts with; `$name`, `$label` and `$klass` are filled in."""
