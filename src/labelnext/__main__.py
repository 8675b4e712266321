"""`python -m labelnext`."""

from labelnext.cli import main

main()
