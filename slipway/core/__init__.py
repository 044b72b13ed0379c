"""The base for all other packages: errors, quoting for shell scripts, TOML. It knows nothing about deploys."""
