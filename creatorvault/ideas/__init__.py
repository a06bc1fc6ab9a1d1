"""The product: a creator's content ideas, from the first draft to publication."""
