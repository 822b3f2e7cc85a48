"""Unusual transactions: an unsupervised detector over the transaction features, cut off in time."""
