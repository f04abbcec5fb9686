"""What travels when a terminal takes a new key."""

from dataclasses import dataclass

from loyalty import bounds

KEY_CHARS = 64


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """The public key (hex) that will sign soon; the request is signed by the one that signs now. It may be repeated."""

    public_key: str

    def __post_init__(self) -> None:
        bounds.hexadecimal("public_key", self.public_key, KEY_CHARS)


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """Both keys sign from now on, until the new one has; then it is the only one."""

    server_ms: int
