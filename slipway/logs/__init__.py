"""`fab logs`: shows the log lines of all hosts in one terminal, or as JSON."""
