"""The `iolaus` command: what people and schedulers call, and what it prints.

Its standard streams are there before anything else: else the next file that is opened would take their place.
"""

from jobs.cli import streams

streams.hold()
