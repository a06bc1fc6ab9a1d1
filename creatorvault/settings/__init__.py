"""What can be set: sections, and how they are read from a file and the environment. Imports nothing of ours."""
