"""Programs about web processes: boot them, check their health, look at their sockets."""
