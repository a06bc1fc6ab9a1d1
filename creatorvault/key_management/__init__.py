"""Rotation and verification of keys: `creatorvault keys`, and jobs. Nothing here is awaited by a request."""
