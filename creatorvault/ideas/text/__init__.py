"""Rules of text: folding and the order of titles."""
