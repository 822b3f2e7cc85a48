"""What every part needs and no part owns: settings, clock, files, locks, failpoints, errors.

Imports nothing of ours.
"""
