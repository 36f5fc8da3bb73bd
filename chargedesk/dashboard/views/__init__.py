"""The dashboard's views: parse, call one function, render."""
