"""The second sealed copy of ideas, which makes cold searches fast."""
