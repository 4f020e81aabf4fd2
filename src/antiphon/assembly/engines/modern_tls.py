"""What every TLS listener speaks, once for all engines: TLS 1.2 and 1.3, forward secrecy, authenticated encryption (P7)."""

from __future__ import annotations

MIN_PROTOCOL = "TLSv1.2"
# TLS 1.2; in OpenSSL's names.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
# TLS 1.3.
CIPHER_SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
# No finite-field groups: a stranger who asks for ffdhe8192 costs the server a hundred times what it costs him.
GROUPS = ("X25519", "P-256", "P-384")


def variables() -> dict[str, str]:
    """As the templates write them."""
    return {
        "min_protocol": MIN_PROTOCOL,
        "ciphers": ":".join(CIPHERS),
        "cipher_suites": ":".join(CIPHER_SUITES),
        "groups": ":".join(GROUPS),
    }
