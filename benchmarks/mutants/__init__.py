"""Do the tests notice faults? The code is changed in one place at a time, and the tests that run that place are run.

mutmut 3.8 changes only bodies of functions, and of those with decorators hardly any: SQL, which is text in constants
here, would never be changed. cosmic-ray 8.7 writes into the checkout and runs one command for each mutant. Both start
pytest and its PostgreSQL again for each, which takes longer than the tests that are needed.

Here one PostgreSQL serves all runs, each run is a fork of a process that has imported the libraries, and only tests
that execute the changed line are run. A mutant that is noticed takes about three seconds.
"""
