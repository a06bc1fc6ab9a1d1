"""The product: a creator's content ideas, from first thought to published."""
