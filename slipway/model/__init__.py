"""The plain data that a deploy is made of: hosts' paths, releases, targets, steps, plans and outcomes."""
