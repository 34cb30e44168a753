"""The program ``pluginhub``."""

from pluginhub.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
