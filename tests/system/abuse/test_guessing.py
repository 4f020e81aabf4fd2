"""Passwords of SIP accounts are not guessed at the edge, and guessing keeps nobody out who knows his. With real tools too."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from corridor.stranger import reason, until

from abuse.attacks import REALM, request
from abuse.bridge import Bridge, bridge, connect_from
from abuse.conftest import account
from abuse.engine_alone import alone
from antiphon.limits import SIP_GUESSES_FREE, SIP_GUESSES_PER_SOURCE
from antiphon.settings import Settings
from ops import sip

pytestmark = pytest.mark.system
TOOLS = Path(sys.executable).parent
NO_WAITING = ("if ($var(wait) <= 0) { return; }", "return;")


@contextmanager
def phone(settings: Settings, source: str) -> Iterator[sip.Line]:
    with connect_from(settings, settings.ports.sips_accounts, source) as connection:
        yield sip.Line(connection)


def tries(line: sip.Line, user: str, password: str) -> str:
    """The edge's answer to a fresh challenge answered with that password."""
    uri = f"sip:{REALM}"
    challenged = line.ask(request("REGISTER", uri, user, to=f"sip:{user}@{REALM}"))
    assert sip.status(challenged) == 401
    nonce = re.findall(r'nonce="([^"]+)"', sip.header(challenged, "WWW-Authenticate"))[0]
    ha1, ha2 = (hashlib.md5(text.encode()).hexdigest() for text in (f"{user}:{REALM}:{password}", f"REGISTER:{uri}"))
    response = hashlib.md5(f"{ha1}:{nonce}:00000001:abc:auth:{ha2}".encode()).hexdigest()
    proof = (
        f'Authorization: Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"'
    )
    return line.ask(request("REGISTER", uri, user, proof, to=f"sip:{user}@{REALM}"))


def test_each_wrong_password_makes_the_next_wait_longer_and_keeps_nobody_out(edge: Settings) -> None:
    bell = account(edge, "bell")
    with phone(edge, "127.0.0.40") as registered, phone(edge, "127.0.0.40") as stranger:
        assert sip.status(tries(registered, bell, "right")) == 200
        waits = []
        for _ in range(3):
            until("the next guess is judged", lambda: sip.status(tries(stranger, bell, "wrong")) == 401)
            while sip.status(answer := tries(stranger, bell, "wrong")) == 401:
                continue
            assert reason(answer) == "too_many_guesses"
            waits.append(int(sip.header(answer, "Retry-After")))
        # a second may have passed since the guess that began the wait
        assert all(longest - 1 <= wait <= longest for wait, longest in zip(waits, (1, 2, 4), strict=True)), waits
        assert sip.status(tries(stranger, bell, "right")) == 403, (
            "the right one waits as well: nothing is learnt from it"
        )
        assert sip.status(tries(registered, bell, "right")) == 200, "the telephone behind the same router goes on"
    with phone(edge, "127.0.0.41") as elsewhere:
        assert sip.status(tries(elsewhere, bell, "right")) == 200, "nobody is locked out from elsewhere"


def test_a_source_that_tries_account_after_account_waits_for_all_of_them(edge: Settings) -> None:
    known, other = account(edge, "known"), account(edge, "other")
    with phone(edge, "127.0.0.42") as own:
        assert sip.status(tries(own, known, "right")) == 200
    with phone(edge, "127.0.0.42") as stranger:
        each = SIP_GUESSES_FREE // 2
        answers = [
            sip.status(tries(stranger, f"{number // each}", "wrong")) for number in range(SIP_GUESSES_PER_SOURCE + each)
        ]
        assert answers == [401] * SIP_GUESSES_PER_SOURCE + [403] * each
        assert sip.status(tries(stranger, other, "right")) == 403
    with phone(edge, "127.0.0.42") as again:
        assert sip.status(tries(again, known, "right")) == 200, "it has shown its password here before"
    with phone(edge, "127.0.0.43") as elsewhere:
        assert sip.status(tries(elsewhere, other, "right")) == 200


# -- the tools that people use for it ---------------------------------------------------------------------------------


def svcrack(way: Bridge, user: str, words: Path) -> str:
    return tool("svcrack", "-u", user, "-d", str(words), "--maximumtime=2", f"udp://127.0.0.1:{way.port}")


def tool(name: str, *words: str) -> str:
    command = [str(TOOLS / f"sipvicious_{name}"), *words]
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL, cwd="/tmp"
    )
    return finished.stdout + finished.stderr


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    """The right word is in it, far behind what may be tried in one go."""
    words = tmp_path / "words"
    words.write_text("\n".join([*(f"wrong{number}" for number in range(3 * SIP_GUESSES_FREE)), "right", ""]))
    return words


def test_svcrack_does_not_find_the_password(edge: Settings, dictionary: Path) -> None:
    user = account(edge, "700")
    words = len(dictionary.read_text().split())
    with (
        bridge(edge, edge.ports.sips_accounts, "127.0.0.44") as way,
        subprocess.Popen(
            [TOOLS / "sipvicious_svcrack", "-u", user, "-d", dictionary, f"udp://127.0.0.1:{way.port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp",
        ) as attacker,
    ):  # fmt: skip
        until("most words were refused unread", lambda: way.answers[403] > words // 2, within_s=30)
        attacker.terminate()
    assert way.answers[200] == 0


def test_planted_without_the_waits_svcrack_finds_it(spare: Settings, dictionary: Path) -> None:
    user = account(spare, "700")
    with alone(spare, "kamailio", NO_WAITING), bridge(spare, spare.ports.sips_accounts) as way:
        said = svcrack(way, user, dictionary)
    assert way.answers[200] == 1, said
    assert way.answers[403] == 0


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS"])
def test_svwar_does_not_find_out_which_accounts_exist(edge: Settings, method: str) -> None:
    account(edge, f"81{len(method)}")
    with bridge(edge, edge.ports.sips_accounts, "127.0.0.45") as way:
        said = tool("svwar", "--force", "-m", method, "-e805-825", "--maximumtime=2", f"udp://127.0.0.1:{way.port}")
    answered = {"REGISTER": 401, "INVITE": 407, "OPTIONS": 200}[method]
    assert set(way.answers) == {answered}, said
    assert "found nothing" in said or method == "OPTIONS", said
    assert "reqauth" not in said


def test_svmap_finds_no_sip_over_udp(edge: Settings) -> None:
    """Whatever is open on this machine is on 127.0.0.1; 127.0.0.2 is what somebody outside sees."""
    own = edge.ports
    ports = sorted({own.sips, own.sips_accounts, own.sip_edge, own.sip_calls, own.ng, own.dtmf_log, own.stun})
    assert "found nothing" in tool("svmap", "-p", ",".join(map(str, ports)), "127.0.0.2")
    assert "found nothing" not in tool("svmap", "-p", str(own.sip_edge), "127.0.0.1"), "the tool can find"
