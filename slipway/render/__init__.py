"""Renders templates: the configuration files for hosts, made on this machine."""
