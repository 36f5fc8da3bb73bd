"""Orders that move money, over real sockets."""
