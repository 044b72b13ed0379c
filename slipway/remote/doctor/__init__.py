"""Programs that check a host for `fab doctor`."""
