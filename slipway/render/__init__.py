"""Templates: the configuration that lands on hosts, rendered on this machine."""
