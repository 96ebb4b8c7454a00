"""`python -m service.cli`: the `cardwise` command."""

import sys

from service.cli import main

sys.exit(main())
