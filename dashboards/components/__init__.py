"""Parts of pages: cards, panels, tables, the state of the data. Each makes HTML or a Panel object from plain
data.
"""
