"""What is done on one host, one file a step: pure functions that make a script from a target."""
