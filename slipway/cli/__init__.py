"""Turns a command line into calls of tasks: starts Fabric, parses free words, and explains mistakes."""
