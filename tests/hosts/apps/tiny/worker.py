"""A process beside the web server: says every half second which release it is of, until it is told to end."""

import os
import signal
import threading

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
while not ended.wait(0.5):
    print(f"working for {os.environ['SLIPWAY_RELEASE']}", flush=True)
