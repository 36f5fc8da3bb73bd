"""The sandbox's own tests: raw HTTP, each naming the reference line its behaviour comes from."""
