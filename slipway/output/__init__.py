"""What people see: progress while it runs, then the outcome. Data goes in, lines come out; nothing here decides."""
