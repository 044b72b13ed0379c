"""The steps of operations on one host, one file each: pure functions that make a script from a target."""
