import os
import sys

import pytest

from pluginhub.managers.libc import LIBC


@pytest.mark.skipif(sys.platform == "win32", reason="Windows spells it otherwise")
def test_it_is_the_library_of_this_process() -> None:
    assert LIBC.getpid() == os.getpid()
