"""What people see: progress while it runs, and the outcome. Data goes in, lines come out; nothing here decides anything."""
