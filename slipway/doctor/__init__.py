"""Checks everything that could make a deploy fail or a site go down, on this machine and on each host."""
