"""What people see: progress while a plan runs, then the outcome. Data goes in, lines come out."""
