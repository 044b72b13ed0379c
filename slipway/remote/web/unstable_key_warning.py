"""Say what a SECRET_KEY means that is another one in each worker or process."""

from __future__ import annotations

UNSTABLE = (
    "{name} is another one in each {each}, as if it were made at random when the app is loaded: visitors are logged "
    "out, and forms fail, whenever another {each} answers. Take it from the environment: "
    "`SECRET_KEY = {{ generate = 50 }}` in [env] of the inventory has one made."
)
