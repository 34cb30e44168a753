"""What names, addresses and passwords of accounts look like, for models of both APIs."""

from typing import Annotated

from pydantic import StringConstraints

from pluginhub.accounts.users import EMAIL, NAME

UserName = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
Email = Annotated[str, StringConstraints(pattern=f"^{EMAIL}$")]
# 256 characters never have more bytes than a password may have.
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]
