"""Programs that read an app's logs on a host for `fab logs`."""
