"""Configuration before anything runs: ports, addresses, settings file, and what the engines think of their files."""

from __future__ import annotations

import errno
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antiphon import __main__ as command_line
from antiphon import limits
from antiphon import settings as settings_room
from antiphon.assembly import installation
from antiphon.assembly.engines import address, ports, render
from antiphon.settings import Ports, Settings
from ops import engines


@pytest.fixture(scope="module")
def prepared() -> Iterator[Settings]:
    with engines.data_folder() as folder:
        settings, _ = installation.prepare(folder, offset=engines.free_offset(4500), address="127.0.0.1")
        yield settings


def numbers(offset: int) -> set[tuple[str, int]]:
    return {(one.protocol, one.port) for one in ports.listeners(Ports(offset=offset).model_dump())}


def test_every_single_port_moves_with_the_offset() -> None:
    assert {(protocol, port + 100) for protocol, port in numbers(0)} == numbers(100)


@given(st.integers(0, 20_000), st.integers(1, 5_000))
def test_a_listener_is_never_listed_twice(offset: int, apart: int) -> None:
    for one in (offset, offset + apart):
        assume(not {8443 + one, 3478 + one} & limits.BROWSER_BLOCKED_PORTS)  # refused: browsers go nowhere there
        listed = ports.listeners(Ports(offset=one).model_dump())
        assert len({(listener.protocol, listener.port) for listener in listed}) == len(listed)


def test_installations_a_hundred_apart_share_no_listener() -> None:
    taken = [numbers(offset) for offset in range(0, 1000, 100)]
    assert len(set().union(*taken)) == sum(len(one) for one in taken)


def test_an_occupied_port_is_named(prepared: Settings) -> None:
    wanted = ports.listeners(prepared.ports.model_dump())
    with socket.socket() as other:
        other.bind(("127.0.0.1", prepared.ports.mqtts))
        other.listen()
        taken = ports.occupied(wanted)
    assert [one.name for one in taken] == ["mqtts"]
    words = ports.refusal(taken, prepared.data / "settings.toml")
    assert str(prepared.ports.mqtts) in words
    assert "--port-offset" in words


def test_an_occupied_port_stops_up_before_anything_is_changed() -> None:
    offset = engines.free_offset(4600)
    with engines.data_folder() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", Ports(offset=offset).ng))
        with pytest.raises(installation.PortsTaken, match="nothing was changed"):
            installation.prepare(folder, offset=offset)
        assert list(folder.iterdir()) == []


def test_the_script_sees_the_same_ports_before_anything_is_installed(
    prepared: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", prepared.ports.https))
        other.listen()
        assert ports.main(prepared.data, "") == 1
        assert str(prepared.ports.https) in capsys.readouterr().err
    assert ports.main(prepared.data, "") == 0


def test_the_settings_file_says_what_the_defaults_are(prepared: Settings) -> None:
    written = settings_room.load(prepared.data)
    only = {"ports": {"offset": prepared.ports.offset}, "advertised_address": "127.0.0.1"}
    plain = settings_room.parse(prepared.data, only)
    assert written.model_dump() == plain.model_dump()


def test_offset_and_address_given_later_are_kept(prepared: Settings) -> None:
    file = prepared.data / "settings.toml"
    before = file.read_text()
    offset = engines.free_offset(4700)
    try:
        installation.prepare(prepared.data, offset=offset, address="192.0.2.7")
        assert settings_room.load(prepared.data).ports.offset == offset
        assert settings_room.load(prepared.data).advertised_address == "192.0.2.7"
        assert file.read_text().count("#") == before.count("#")
    finally:
        file.write_text(before)
        render.render(prepared, "127.0.0.1")


@pytest.mark.parametrize("line", ["realm = ", "colour = 'red'", "[ports]\nhttps = 70000", "[calls]\nring_max_s = 9000"])
def test_a_settings_file_that_says_nonsense_is_refused_in_words(line: str) -> None:
    with engines.data_folder() as folder:
        (folder / "settings.toml").write_text(line)
        with pytest.raises(installation.SettingsNotUnderstood, match=r"settings\.toml"):
            installation.prepare(folder)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("[ports]\nrtp_min = 30000\nrtp_max = 20000", "rtp_min"),
        ("[ports]\nrtp_min = 80", "rtp_min"),
        ("[ports]\nturn_max = 70000", "turn_max"),
        ("[ports]\nturn_min = 30000", "overlap"),
        ("[ports]\nhttps = 10080", "browsers refuse port https = 10080"),
        ("[ports]\noffset = 2222\nstun = 2839", "browsers refuse port stun = 5061"),
        ("[ports]\nmqtts = 8443", "https and mqtts are both on port 8443"),
        ("[ports]\nng = 3478", "stun and ng"),
        ("log_level = 'loud'", "log_level"),
        ("public_name = 'door example.org'", "host name"),
        ("public_name = '$(reboot)'", "host name"),
        ("public_name = 'door.example.org\\n'", "host name"),
        ("realm = ''", "host name"),
        ("realm = 'x\"; exit; \"'", "host name"),
        ('realm = "one\\ntwo"', "host name"),
    ],
)
def test_settings_that_no_engine_could_follow_are_refused_in_words(lines: str, named: str) -> None:
    with engines.data_folder() as folder:
        (folder / "settings.toml").write_text(lines)
        with pytest.raises(installation.SettingsNotUnderstood, match=re.escape(named)) as refused:
            installation.prepare(folder)
        assert "Value error" not in refused.value.detail
        assert [path.name for path in folder.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("file", "offset", "status", "words"),
    [
        ("", "-9000", 1, "1024 to 65535"),
        ("", "99999", 1, "1024 to 65535"),
        ("", "many", 2, "--port-offset has to be a whole number"),
        ("[ports]\nhttps = 70000", "", 1, "port https would be 70000"),
        ("[ports]\nhttps = 'abc'", "", 1, "https under [ports]"),
        ("[ports]\noffset = true", "", 1, "offset under [ports]"),
        ("ports = 7", "", 0, ""),  # not the ports' shape: the whole file is judged once something is installed
        ("[ports", "", 1, "not valid TOML"),
    ],
)
def test_the_script_refuses_impossible_ports_in_one_sentence(
    capsys: pytest.CaptureFixture[str], file: str, offset: str, status: int, words: str
) -> None:
    with engines.data_folder() as folder:
        if file:
            (folder / "settings.toml").write_text(file)
        assert ports.main(folder, offset or ("" if status else str(engines.free_offset(4600)))) == status
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == (1 if status else 0)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("up", "--data"), 2, "need a value"),
        (("up", "--data="), 2, "need a value"),
        (("up", "--data", "--detach"), 2, "need a value"),
        (("up", "--data", "/tmp/x", "--port-offset"), 2, "need a value"),
        (("down", "--data"), 2, "need a value"),
        (("up", "--data", "/proc/x"), 1, "cannot be written"),
        (("up", "--data", "/tmp/a b"), 1, "holds a blank"),
        (("up", "--data", "/tmp/antiphon-none", "--port-offset", "-9000"), 1, "1024 to 65535"),
        (("up", "--data", "/tmp/antiphon-none", "--port-offset", "x"), 2, "whole number"),
    ],
)
def test_the_script_refuses_before_anything_is_prepared(words: tuple[str, ...], status: int, said: str) -> None:
    script = Path(__file__).resolve().parents[2] / "antiphon"
    refused = subprocess.run([script, *words], capture_output=True, text=True, timeout=20, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (status, 1), refused.stderr
    assert said in refused.stderr
    assert not Path("/tmp/a b").exists()


def test_stopping_somebody_elses_installation_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def not_ours(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with engines.data_folder() as folder:
        with monkeypatch.context() as foreign:
            foreign.setattr(Path, "unlink", not_ours)
            assert command_line.main(["down", "--data", str(folder)]) == 1
        said = capsys.readouterr().err
        assert "belongs to another user" in said
        assert said.count("\n") == 1


def test_a_data_folder_too_deep_for_sockets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(installation.DataFolderUnusable, match="too long"):
        installation.prepare(tmp_path / ("x" * 90))


def test_secrets_and_keys_are_for_their_owner_only(prepared: Settings) -> None:
    secret = [
        *prepared.secrets.iterdir(),
        *prepared.pki.glob("*.key"),
        *(prepared.conf / name for name in ("kamailio.cfg", "turnserver.conf", "mosquitto.passwords", "edge.pem", "portal.pem")),
    ]  # fmt: skip
    assert len(secret) >= 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    folders = [path for path in (prepared.data, *prepared.data.iterdir()) if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_secrets_are_made_once(prepared: Settings) -> None:
    before = {path.name: path.read_bytes() for path in prepared.secrets.iterdir()}
    installation.prepare(prepared.data)
    assert {path.name: path.read_bytes() for path in prepared.secrets.iterdir()} == before
    assert set(before) == {"jwt.key", "token.key", "turn.key", "mqtt.password", "second-factor.key"}


@pytest.mark.parametrize(
    "command",
    [
        ("/usr/sbin/kamailio", "-c", "-f", "kamailio.cfg"),
        ("/usr/sbin/haproxy", "-c", "-f", "haproxy.cfg"),
    ],
)
def test_the_engine_accepts_its_configuration(prepared: Settings, command: tuple[str, ...]) -> None:
    whole = [*command[:-1], str(prepared.conf / command[-1])]
    finished = subprocess.run(whole, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "WARNING" not in finished.stderr.replace("openssl bug #1491", "").replace("tls [tls_init.c", "") or (
        command[0].endswith("kamailio")
    )


def test_no_registration_outlives_the_edge_for_long(prepared: Settings) -> None:
    """The edge forgets who is registered when it ends: whoever was granted an hour would be away for an hour."""
    edge = (prepared.conf / "kamailio.cfg").read_text()
    assert f'modparam("registrar", "max_expires", {limits.REGISTER_EXPIRES_S})' in edge


def test_relays_lead_to_this_machine_alone(prepared: Settings) -> None:
    relay = (prepared.conf / "turnserver.conf").read_text()
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in relay
    assert re.findall(r"(?m)^allowed-peer-ip=(.*)$", relay) == ["127.0.0.1"]
    assert "allow-loopback-peers" not in relay
    open_ = prepared.model_copy(update={"turn_allow_private_peers": True})
    render.render(open_, "127.0.0.1")
    assert "allow-loopback-peers" in (prepared.conf / "turnserver.conf").read_text()
    render.render(prepared, "127.0.0.1")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ((10_000, 39_999), (10_081, 39_999)),
        ((12_000, 13_999), (12_000, 13_999)),
        ((6_000, 10_100), (6_698, 10_079)),
    ],
)
def test_sound_and_picture_use_no_port_that_browsers_refuse(given: tuple[int, int], used: tuple[int, int]) -> None:
    assert Ports(rtp_min=given[0], rtp_max=given[1]).rtp == used


@given(st.integers(1024, 39_000), st.integers(100, 900))
def test_any_range_gives_a_part_of_itself_without_refused_ports(first: int, length: int) -> None:
    lowest, highest = Ports(rtp_min=first, rtp_max=first + length).rtp
    assert first <= lowest < highest <= first + length
    assert limits.BROWSER_BLOCKED_PORTS.isdisjoint(range(lowest, highest + 1))


@given(st.integers(min_value=0, max_value=36_000))
def test_media_never_takes_a_port_on_which_the_platform_itself_listens(offset: int) -> None:
    try:
        ports = Ports(offset=offset)
    except ValueError:
        return  # a port that browsers refuse: such an offset is not to be had
    lowest, highest = ports.rtp
    ours = (ports.stun, ports.sip_edge, ports.sip_calls, ports.ng, ports.dtmf_log)
    assert [port for port in ours if lowest <= port <= highest] == []
    assert highest - lowest >= 8_000


def test_the_media_engine_is_told_the_ports_that_browsers_take(prepared: Settings) -> None:
    render.render(prepared, "127.0.0.1")
    assert "\nport-min = 10081\n" in (prepared.conf / "rtpengine.conf").read_text()


def test_an_address_of_the_router_is_advertised_and_ours_is_listened_on(prepared: Settings) -> None:
    render.render(prepared, "203.0.113.9")
    local = address.listening("203.0.113.9")
    port = prepared.ports.sips
    assert f"listen=tls:{local}:{port} advertise 203.0.113.9:{port}" in (prepared.conf / "kamailio.cfg").read_text()
    assert f"public/{local}!203.0.113.9;" in (prepared.conf / "rtpengine.conf").read_text()
    assert f"external-ip=203.0.113.9/{local}" in (prepared.conf / "turnserver.conf").read_text()
    checked = subprocess.run(
        ["/usr/sbin/kamailio", "-c", "-f", str(prepared.conf / "kamailio.cfg")], capture_output=True, check=False
    )
    assert checked.returncode == 0
    render.render(prepared, "127.0.0.1")


@pytest.mark.parametrize("wrong", ["door.example", "::1", "10.0.0", '10.0.0.1"'])
def test_an_address_that_is_none_is_refused_before_anything_is_changed(wrong: str) -> None:
    with engines.data_folder() as folder:
        with pytest.raises(installation.SettingsNotUnderstood):
            installation.prepare(folder, address=wrong)
        assert list(folder.iterdir()) == []


def test_postgresql_reaches_the_edge_as_its_own_module(prepared: Settings) -> None:
    other = prepared.model_copy(update={"database_url": "postgresql+psycopg://antiphon:p%40ss@db.example/antiphon"})
    render.render(other, "127.0.0.1")
    text = (prepared.conf / "kamailio.cfg").read_text()
    assert 'loadmodule "db_postgres.so"' in text
    assert "postgres://antiphon:p%40ss@db.example/antiphon" in text
    assert "strpos(" in text
    render.render(prepared, "127.0.0.1")


def test_given_portal_certificates_are_used_or_refused_in_words(prepared: Settings, tmp_path: Path) -> None:
    given_ = prepared.model_copy(
        update={"portal_certificate": prepared.pki / "edge.crt", "portal_key": prepared.pki / "edge.key"}
    )
    render.render(given_, "127.0.0.1")
    assert (prepared.conf / "portal.pem").read_bytes() == (prepared.conf / "edge.pem").read_bytes()
    gone = prepared.model_copy(
        update={"portal_certificate": tmp_path / "gone.pem", "portal_key": tmp_path / "gone.key"}
    )
    with pytest.raises(render.PortalCertificateUnreadable, match=r"gone\.pem"):
        render.render(gone, "127.0.0.1")
    render.render(prepared, "127.0.0.1")


def test_the_address_that_is_set_wins(prepared: Settings) -> None:
    assert address.advertised(prepared) == address.Advertised("127.0.0.1")


def test_an_address_that_is_found_is_one_of_this_machine(prepared: Settings) -> None:
    found = address.advertised(prepared.model_copy(update={"advertised_address": ""}))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((found.address, 0))
    assert (found.address == address.LOOPBACK) == bool(found.warning)


def test_without_a_network_the_address_is_loopback_and_says_so(
    prepared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "_source_address", lambda target: None)
    found = address.advertised(prepared.model_copy(update={"advertised_address": ""}))
    assert found.address == address.LOOPBACK
    assert "--address" in str(found.warning)


def test_no_plain_sip_or_media_control_leaves_loopback(prepared: Settings) -> None:
    edge = (prepared.conf / "kamailio.cfg").read_text()
    assert all(entry.startswith("127.0.0.1:") for entry in re.findall(r"(?m)^listen=(?:udp|tcp):(\S+)", edge))
    media = (prepared.conf / "rtpengine.conf").read_text()
    assert re.findall(r"(?m)^listen-\S+ = (\S+)", media) == [f"127.0.0.1:{prepared.ports.ng}"]
    assert "recording" not in media.lower().replace("no recording", "")
