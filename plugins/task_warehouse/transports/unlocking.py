"""What an SSH server must show us before we log in, and what we show it then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncssh

from task_warehouse.transports.attempts import Fault, failed, refused

if TYPE_CHECKING:
    from task_warehouse.transports.attempts import Pull
    from task_warehouse.transports.guarding import Origin

FINGERPRINT = "SHA256:"


class HostKeys(asyncssh.SSHClient):
    """The keys a server may have: declared in the source file, or in its file of known hosts.

    Never the ones of the account we run under, and never the first one seen.
    """

    def __init__(self, pull: Pull, origin: Origin) -> None:
        self._origin = origin
        declared = pull.dataset.host_key
        self._fingerprints = {key.rstrip("=") for key in declared if key.startswith(FINGERPRINT)}
        self.fault: Fault | None = None
        try:
            self.known = _known(pull, [k for k in declared if not k.startswith(FINGERPRINT)])
        except (ValueError, OSError, asyncssh.KeyImportError):
            shown = pull.dataset.known_hosts or "host_key"
            raise failed("transport.host_key_unusable", shown) from None

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Asked for a key that is not among the known ones: is its fingerprint declared?"""
        shown = key.get_fingerprint("sha256")
        if shown in self._fingerprints:
            return True
        self.fault = refused(
            "transport.host_key_unknown", f"{shown} ({key.get_algorithm()})", self._origin
        )
        return False


def _known(pull: Pull, keys: list[str]) -> Any:
    dataset = pull.dataset
    if dataset.known_hosts and not dataset.host_key:
        return asyncssh.read_known_hosts(str(pull.source.base / dataset.known_hosts))
    # Never empty in the library's eyes: it would look into ~/.ssh.
    return [asyncssh.import_public_key(key) for key in keys], [], []


def credentials(pull: Pull) -> dict[str, Any]:
    """How we log in, as options of the library. Raises a Fault for a secret that is no use."""
    auth = pull.dataset.auth
    assert auth is not None, "the model asks for a way to log in"
    if auth.kind == "password":
        user, password = pull.secrets.user_and_password(auth)
        return {
            "username": user,
            "password": password,
            "client_keys": None,
            "preferred_auth": ["password", "keyboard-interactive"],
        }
    user, text, passphrase = pull.secrets.user_and_key(auth)
    try:
        key = asyncssh.import_private_key(text, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        raise failed("transport.secret_unusable", auth.secret) from None
    return {"username": user, "client_keys": [key], "preferred_auth": ["publickey"]}
