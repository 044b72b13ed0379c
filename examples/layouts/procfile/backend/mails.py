"""A worker."""

import time

while True:
    print("no mails", flush=True)
    time.sleep(60)
