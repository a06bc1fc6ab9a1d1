"""Rotation and verification of keys: `creatorvault keys`. Nothing here runs in a request."""
