"""`python -m recsql` is the command `recsql`."""

from recsql.cli import main

if __name__ == "__main__":
    main()
