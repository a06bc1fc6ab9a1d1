"""Work that no request waits for: what apps declare. The app `jobs` runs it."""
