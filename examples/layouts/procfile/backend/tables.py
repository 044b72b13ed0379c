"""What has to be done once for each release."""

print("tables made")
