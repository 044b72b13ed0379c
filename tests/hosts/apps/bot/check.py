"""Exits with 0 when the bot of this release has said that it is alive."""

import os
import sys

import bot_settings

with open(os.path.join(os.environ["SLIPWAY_SHARED"], os.environ["SLIPWAY_RELEASE"])) as file:
    said = file.read()
sys.exit(0 if said == bot_settings.EXPECTED else f"the bot says {said!r}, not {bot_settings.EXPECTED!r}")
