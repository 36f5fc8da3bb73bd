"""The public HTTP API: keys, pagination, throttles and the versions it promises."""
