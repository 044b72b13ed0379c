"""The plain data of a deploy: paths on hosts, releases, targets, steps, plans and outcomes."""
