"""The demo bank: a deterministic generator of a complete small bank's extracts.

`generate` writes them as a bank's systems would send them; see `generate.py` for the order of things.
"""

from data.demo.generate import generate

__all__ = ["generate"]
