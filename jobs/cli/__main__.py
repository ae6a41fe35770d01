"""`python -m jobs.cli`: the same as `iolaus`, for whoever has an interpreter and no installed script."""

from jobs.cli.commands import main

if __name__ == "__main__":
    main()
