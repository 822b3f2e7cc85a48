"""Who reads it: the reader's half. Everything here knows only the published folder."""
