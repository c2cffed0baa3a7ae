"""`python -m promptci`."""

from promptci.cli import main

if __name__ == "__main__":
    main()
