"""Moving in: files that creators upload, from the preview to the ideas in their vaults."""
