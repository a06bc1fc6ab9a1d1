"""Settings: sections, and loading them from a file and the environment. Imports no other package of ours."""
