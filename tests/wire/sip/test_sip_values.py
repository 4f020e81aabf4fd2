"""URIs, addresses and the values of headers: as devices write them, and round trips of anything."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from antiphon.wire.sip import SipSyntaxError
from antiphon.wire.sip.address import (
    Uri,
    branch_of,
    display_name_of,
    parameters_of,
    parse_uri,
    quoted,
    split_outside,
    tag_of,
    top_via,
    uri_of,
    user_of,
)
from antiphon.wire.sip.headers import cseq_of, rack_of, reason_line, reason_of
from antiphon.wire.sip.message import parse

HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,5}){0,2}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
URIS = st.builds(
    Uri,
    st.sampled_from(["sip", "sips"]),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=20),
    HOSTS,
    st.none() | st.integers(1, 65535),
    st.lists(st.tuples(NAMES, st.none() | NAMES), max_size=3).map(tuple),
    st.just(""),
)


@given(URIS)
def test_a_uri_comes_back_as_written(uri: Uri) -> None:
    assert parse_uri(str(uri)) == uri


@given(URIS, st.from_regex(r"[a-z]{1,8}\.[a-z]{2,5}", fullmatch=True))
def test_a_uri_we_write_is_read_the_same_by_a_strict_reader(uri: Uri, host: str) -> None:
    uri = replace(uri, host=host)
    strict = sipmessage.URI.parse(str(uri))
    assert (strict.scheme, strict.port) == (uri.scheme, uri.port)
    assert strict.host == uri.host


@given(st.text(max_size=60))
def test_any_text_is_a_uri_or_refused(text: str) -> None:
    try:
        uri = parse_uri(text)
    except SipSyntaxError:
        assert user_of(text) == ""
    else:
        assert uri.scheme


@pytest.mark.parametrize(
    "text",
    ["sip:", "sip:a@", "sip:a@b:0", "sip:a@b:99999", "sip:a@b:x", "sip:a@[::1", "sip:a@[::1]x", ":a", "a", "1:2", ""],
)
def test_unsound_uris_are_refused(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_uri(text)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), URIS, NAMES)
def test_a_name_address_comes_back_as_written(name: str, uri: Uri, tag: str) -> None:
    value = f"{quoted(name)} <{uri}>;tag={tag}"
    printable = "".join(character if character.isprintable() else " " for character in name)
    assert display_name_of(value) == printable
    assert tag_of(value) == tag
    assert uri_of(value) == str(uri)
    assert parameters_of(value) == {"tag": tag}
    assert split_outside(f"{value}, {value}") == [value, value]


def test_addresses_as_devices_write_them() -> None:
    assert uri_of("sip:a@b;tag=1") == "sip:a@b"
    assert tag_of("sip:a@b;tag=1") == "1"
    assert tag_of("<sip:a@b;tag=inside>") == ""
    assert tag_of('"x;tag=no" <sip:a@b> ; TAG = yes') == "yes"
    assert uri_of('"a <sip:no@x>" <sip:yes@x>') == "sip:yes@x"
    assert display_name_of("Tor Ost <sip:a@b>") == "Tor Ost"
    assert split_outside('"a,b" <sip:a@b>, <sip:c,d@e>,,') == ['"a,b" <sip:a@b>', "<sip:c,d@e>"]


@given(st.lists(st.text("ab;=.<> ", max_size=8), max_size=6))
def test_a_list_without_quotes_is_cut_as_one_with_quotes(pieces: list[str]) -> None:
    text = ",".join(f"a<{re.sub('[<>]', ',', piece)}>" if "<" in piece or ">" in piece else piece for piece in pieces)
    assert [*split_outside(text), '"q"'] == split_outside(f'{text},"q"')


def test_only_the_first_via_counts() -> None:
    via = top_via("SIP / 2.0 / UDP  Host:5060 ;branch=z9hG4bK1;rport, SIP/2.0/UDP other;branch=2")
    assert (via.sent_by, via.branch) == ("host:5060", "z9hG4bK1")


@given(
    st.lists(st.text("abZ09-. ;,=", max_size=12), min_size=1, max_size=4), st.sampled_from(["branch", "Branch", "b"])
)
def test_a_branch_is_read_the_same_with_and_without_the_rest_of_the_via(values: list[str], name: str) -> None:
    line = "SIP/2.0/UDP host;rport;" + ";".join(f"{name}={value}" for value in values)
    assert branch_of(line) == top_via(line).branch


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_a_reason_comes_back_as_written(text: str) -> None:
    line = reason_line("Antiphon", text)
    message = parse(f'BYE sip:a@b SIP/2.0\r\nReason: SIP;cause=200;text="other"\r\n{line}\r\n\r\n'.encode())
    assert "\r" not in line
    assert reason_of(message, "Antiphon") == "".join(c if c.isprintable() else " " for c in text)


def test_numbers_in_headers() -> None:
    assert cseq_of(parse(b"BYE sip:a@b SIP/2.0\r\nCSeq: 0007   BYE\r\n\r\n")) == (7, "BYE")
    assert rack_of(parse(b"PRACK sip:a@b SIP/2.0\r\nRAck: 1 2 INVITE\r\n\r\n")) == (1, 2, "INVITE")
    for rack in ("", "1 INVITE", "a 2 INVITE", "1 b INVITE", "\N{SUPERSCRIPT TWO} 2 INVITE"):
        assert rack_of(parse(f"PRACK sip:a@b SIP/2.0\r\nRAck: {rack}\r\n\r\n".encode())) is None
