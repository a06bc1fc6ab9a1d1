"""Many changes of one vault as one request and one transaction: bulk operations, and renaming a tag."""
