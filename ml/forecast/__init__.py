"""Where daily figures are heading, how sure that is, and whether it beats repeating last week."""
