"""Certificate authorities: the public ones, and those that this installation or a source adds."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from urllib3.util.ssl_ import create_urllib3_context

from task_warehouse.settings import CA_BUNDLE_VARIABLE
from task_warehouse.transports.attempts import failed

if TYPE_CHECKING:
    from task_warehouse.transports.attempts import Pull


def trust(pull: Pull) -> ssl.SSLContext | None:
    """What TLS of this pull trusts besides the public authorities; None for nothing besides.

    Certificates and names are verified either way; there is no setting that switches it off.
    Raises a Fault (ours to mend) for a file that holds no certificates.
    """
    declared, everywhere = pull.dataset.ca_bundle, os.environ.get(CA_BUNDLE_VARIABLE)
    paths = [pull.source.base / declared] if declared else []
    paths += [Path(everywhere)] if everywhere else []
    if not paths:
        return None
    context = create_urllib3_context()
    for path in paths:
        try:
            context.load_verify_locations(path)
        except OSError:  # an SSLError too
            raise failed("transport.ca_unusable", path.name) from None
    return context
