"""SQL of rotation and verification."""
