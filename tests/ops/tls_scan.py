"""What a TLS scanner finds at a listener that is not modern TLS (P7)."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from antiphon.assembly.engines import modern_tls

_OFFERED = {("tls", "1.2"), ("tls", "1.3")}
_SUITES = {"TLSv1.2": set(modern_tls.CIPHERS), "TLSv1.3": set(modern_tls.CIPHER_SUITES)}
_GROUPS = {"x25519": "X25519", "secp256r1 (NIST P-256)": "P-256", "secp384r1 (NIST P-384)": "P-384"}


def weaknesses(port: int, *, certificate: Path | None = None, key: Path | None = None) -> list[str]:
    """Everything at 127.0.0.1:port that should not be, in words; [] for a listener as it should be.

    A listener that wants a client certificate shows its TLS 1.2 suites only to a client that has one.
    """
    client = [f"--certs={certificate}", f"--pk={key}"] if certificate else []
    command = ["sslscan", "--xml=-", "--no-colour", *client, f"127.0.0.1:{port}"]
    told = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    found = ET.fromstring(told).find("ssltest")
    assert found is not None, f"nothing was scanned: {told.decode(errors='replace')[:500]}"
    versions = {
        (each.get("type"), each.get("version")) for each in found.findall("protocol") if each.get("enabled") == "1"
    }
    weak = [f"{kind} {version} is offered" for kind, version in sorted(versions - _OFFERED, key=str)]
    weak += [f"{kind} {version} is not offered" for kind, version in sorted(_OFFERED - versions)]
    for cipher in found.findall("cipher"):
        version, name = str(cipher.get("sslversion")), str(cipher.get("cipher"))
        if name not in _SUITES.get(version, set()):
            weak.append(f"{version} takes {name}")
    weak += [
        f"no suite of {version} was seen"
        for version in _SUITES
        if not any(cipher.get("sslversion") == version for cipher in found.findall("cipher"))
    ]
    weak += [
        f"{group.get('sslversion')} takes the group {group.get('name')}"
        for group in found.findall("group")
        if _GROUPS.get(str(group.get("name"))) not in modern_tls.GROUPS
    ]
    weak += [f"heartbleed over {each.get('sslversion')}" for each in found.findall("heartbleed[@vulnerable='1']")]
    weak += ["renegotiation without RFC 5746" for _ in found.findall("renegotiation[@supported='1'][@secure='0']")]
    weak += ["compression" for _ in found.findall("compression[@supported='1']")]
    return weak


def renegotiates(port: int, trust: Path, *, certificate: Path | None = None, key: Path | None = None) -> bool:
    """Whether a client may start another handshake on a TLS 1.2 connection, which costs the server more than the client."""
    client = ["-cert", str(certificate), "-key", str(key)] if certificate else []
    finished = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-CAfile", str(trust), *client],
        input=b"R\nR\n",
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert b"Cipher is ECDHE" in finished.stdout, finished.stderr[-500:]
    assert b"RENEGOTIATING" in finished.stdout + finished.stderr
    return not any(
        word in finished.stderr for word in (b"no renegotiation", b"handshake failure", b"unexpected eof", b"errno")
    )


# How it judges names and addresses of the public web does not fit a platform with an authority of its own.
_OF_THE_PUBLIC_WEB = {
    "cert_revocation",  # stations ask nobody on the way: the platform revokes on its own side (record 0006)
    "cert_chain_of_trust",  # held by a test of its own, against the platform's root
    "DNS_CAArecord",
    "OCSP_stapling",
    "certificate_transparency",
    "security_headers",
}


def findings(port: int, root: Path, report: Path) -> dict[str, str]:
    """What testssl.sh calls low, medium, high or critical at 127.0.0.1:port; {} for a listener as it should be."""
    options = ["--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--fast", "--add-ca", str(root)]
    command = ["testssl", *options, "-p", "-s", "-f", "-P", "-S", "-U", "--jsonfile", str(report), f"127.0.0.1:{port}"]
    subprocess.run(command, capture_output=True, timeout=240, check=False, stdin=subprocess.DEVNULL)
    told = json.loads(report.read_text())
    assert any(each["id"] == "TLS1_3" and each["severity"] == "OK" for each in told), "the scanner did not come through"
    serious = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
    return {
        each["id"]: each["finding"]
        for each in told
        if each["severity"] in serious and each["id"].split(" ")[0] not in _OF_THE_PUBLIC_WEB
    }
