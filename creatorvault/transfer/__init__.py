"""Moving in and moving out: files of creators."""
