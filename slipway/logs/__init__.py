"""`fab logs`: the lines of all hosts in one terminal, or as data."""
