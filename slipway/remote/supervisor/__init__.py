"""Programs that talk to supervisord: list, restart, drain and stop processes."""
