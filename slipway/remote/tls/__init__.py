"""Programs that keep certificates on hosts: they order, install, and look at what is served."""
