"""Which posd this is."""

from importlib.metadata import version

VERSION = version("posd")
