"""What pages show that is neither a chart nor a table of metrics.

Each makes the HTML of a part, or of what opens beside a page, from a reader and a selection.
"""
