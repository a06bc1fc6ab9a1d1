"""`creatorvault worker` with the jobs of the tests: python -m tests.jobs.worker"""

from creatorvault import parts
from creatorvault.__main__ import main
from tests.jobs.kinds import background

if __name__ == "__main__":
    setattr(parts, "background", background)  # noqa: B010 - mypy knows it as an import of that module
    main()
