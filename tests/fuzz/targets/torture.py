"""Seeds after the torture messages of RFC 4475 (SIP) and RFC 5118 (SIP over IPv6), each shortened to what tortures."""

from __future__ import annotations

_SDP = b"v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\n"


def _message(start: str, *lines: str, body: bytes = b"", length: str | None = "") -> bytes:
    """`length` "" counts the body, None leaves Content-Length out."""
    written = [start, *lines]
    if length is not None:
        written.append(f"Content-Length: {length or len(body)}")
    return ("\r\n".join(written) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body


def _request(method: str, uri: str, *changed: str, body: bytes = b"", length: str | None = "") -> bytes:
    """A sound request with some of its lines changed: a line of the same name takes the place, "-Name" removes it."""
    lines = {
        "via": "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw",
        "max-forwards": "Max-Forwards: 70",
        "from": "From: <sip:caller@example.com>;tag=34525",
        "to": "To: <sip:main@antiphon.local>",
        "call-id": "Call-ID: torture.0ha0isndaksdj@192.0.2.1",
        "cseq": f"CSeq: 9 {method}",
        "contact": "Contact: <sip:caller@192.0.2.1>",
    }
    if body:
        lines["content-type"] = "Content-Type: application/sdp"
    for number, line in enumerate(changed):
        if line.startswith("-"):
            lines.pop(line[1:].lower(), None)
            continue
        name = line.partition(":")[0].strip().lower()
        lines[name if name in lines and not line.startswith("+") else f"{name} {number}"] = line.removeprefix("+")
    return _message(f"{method} {uri} SIP/2.0", *lines.values(), body=body, length=length)


MAIN = "sip:main@antiphon.local"

# RFC 4475 3.1.1: valid, however it looks.
VALID = {
    "a short tortuous INVITE": (
        b"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
        b'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\n'
        b"Call-ID: wsinv.ndaksdj@192.0.2.1\r\nContent-Length   : %d\r\ncseq: 0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
        b"s :\r\nNewFangledHeader:   newfangled value\r\n continued newfangled value\r\nUnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
        b"Content-Type: application/sdp\r\nRoute:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\nv:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
        b"  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
        b'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n%s' % (len(_SDP), _SDP)
    ),
    "a wide range of characters": _request(
        "!interesting-Method0123456789_*+`.%indeed'~",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        'To: "BEL:\x07 NUL:\\\x01 DEL:\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\u043e\u0442\u0430\";tag=_token~1'+`*%!-.",
        "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb",
    ),
    "percent escapes": _request("INVITE", "sip:sips%3Auser%40example.com@example.net", 'Contact: <sip:cal%6Cer@192.0.2.1;%6C%72;n%61me=v%61lue%25%34%31>', body=_SDP),
    "escaped nulls": _request("REGISTER", "sip:example.com", "To: sip:null-%00-null@example.com", "Contact: <sip:%00@192.0.2.1>", "Contact: <sip:%00%00@192.0.2.1>"),
    "percent signs that escape nothing": _request("RE%47IST%45R", "sip:registrar.example.com", 'To: "%Z%45" <sip:resource@example.com>'),
    "no space before the angle bracket": _request("OPTIONS", MAIN, "From: caller<sip:caller@example.com>;tag=323"),
    "long values": _request(
        "INVITE",
        "sip:user@example.com",
        f"To: \"I have a user name of {'extreme ' * 10}proportion\" <sip:user@example.com:6000;unknownparam1=very{'long' * 20}value;longparam{'name' * 25}=short>",
        f"F: sip:{'amazinglylongcallername' * 5}@example.net;tag=12{'982' * 50}424;unknownheaderparam{'name' * 20}=unknowheaderparam{'value' * 15}",
        "-From",
        f"Call-ID: longreq.one{'really' * 20}longcallid",
        *(f"+Via: SIP/2.0/TCP sip{number}.example.com" for number in range(33, 0, -1)),
        f"Unknown-{'Long' * 20}-Name: unknown-{'long' * 20}-value",
        body=_SDP,
    ),
    "two requests in one datagram": _request("REGISTER", "sip:example.com") + _request("INVITE", MAIN, body=_SDP),
    "semicolons in the user part": _request("OPTIONS", "sip:user;par=u%40example.net@example.com"),
    "transports nobody knows": _request("OPTIONS", MAIN, "+Via: SIP/2.0/SCTP 192.0.2.2;branch=z9hG4bKa", "+Via: SIP/2.0/UNKNOWN 192.0.2.3;branch=z9hG4bKb"),
    "a body of several parts": _request("MESSAGE", MAIN, 'Content-Type: multipart/mixed;boundary="7a9"', body=b"--7a9\r\n\r\nhi\r\n--7a9\r\nContent-Type: x/y\r\n\r\n\0\xff--7a9--\r\n"),
    "an unusual reason phrase": _message("SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e", "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923", "Call-ID: u", "CSeq: 35 INVITE", "From: <sip:u@e.com>;tag=1", "To: <sip:u@e.com>;tag=2"),
    "no reason phrase": _message("SIP/2.0 100 ", "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe", "Call-ID: n", "CSeq: 35 INVITE", "From: <sip:u@e.com>;tag=1", "To: <sip:u@e.com>"),
}  # fmt: skip

# RFC 4475 3.1.2, 3.2, 3.3: invalid, or valid and not to be taken.
INVALID = {
    "extra separators": _request("INVITE", MAIN, "+Contact: \"Joe\" <sip:joe@example.org>;;;;", "Via: SIP/2.0/UDP 192.0.2.15;;,;,,", body=_SDP),
    "a length beyond the message": _request("INVITE", MAIN, body=_SDP, length="9999"),
    "a negative length": _request("INVITE", MAIN, body=_SDP, length="-999"),
    "numbers beyond their range": _request("REGISTER", "sip:example.com", "CSeq: 36893488147419103232 REGISTER", "Max-Forwards: 300", "Expires: 10000000000000000000", "Contact: <sip:u@h>;expires=280297596632815"),
    "numbers beyond their range in a response": _message("SIP/2.0 503 Service Unavailable", "Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKz", "Call-ID: s", "CSeq: 9292394834772304023312 OPTIONS", "From: <sip:u@e>;tag=1", "To: <sip:u@e>;tag=2", "Retry-After: 949302838503028349304023988", "Warning: 1812 overture \"x\""),
    "an open quote": _request("INVITE", MAIN, 'To: "Mr. J. User <sip:j.user@example.com>', body=_SDP),
    "angle brackets around the request URI": _request("INVITE", "<sip:user@example.com>", body=_SDP),
    "spaces within the request URI": _request("INVITE", "sip:user@example.com; lr", body=_SDP),
    "many spaces in the start line": b"INVITE  sip:user@example.com  SIP/2.0\r\n" + _request("INVITE", MAIN, body=_SDP).partition(b"\r\n")[2],
    "spaces behind the start line": b"OPTIONS sip:user@example.com SIP/2.0  \r\n" + _request("OPTIONS", MAIN).partition(b"\r\n")[2],
    "escaped headers in the request URI": _request("INVITE", "sip:user@example.com?Route=%3Csip:example.com%3E", body=_SDP),
    "a date of another zone": _request("INVITE", MAIN, "Date: Fri, 01 Jan 2010 16:00:00 EST", body=_SDP),
    "a contact without brackets": _request("REGISTER", "sip:example.com", "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E"),
    "spaces inside an address": _request("OPTIONS", MAIN, 'To: "Watson, Thomas" < sip:t.watson@example.org >'),
    "characters outside quotes": _request("OPTIONS", MAIN, "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43"),
    "another version": _request("OPTIONS", MAIN).replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1),
    "methods that differ": _request("OPTIONS", MAIN, "CSeq: 8 INVITE"),
    "an unknown method that differs": _request("NEWMETHOD", MAIN, "CSeq: 8 INVITE"),
    "a status beyond its range": _message("SIP/2.0 4294967301 better not break the receiver", "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398", "Call-ID: b", "CSeq: 353494 INVITE", "From: <sip:u@e>;tag=1", "To: <sip:u@e>;tag=2"),
    "a branch of the cookie alone": _request("OPTIONS", MAIN, "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"),
    "no call id, no from, no to": _request("INVITE", MAIN, "-Call-ID", "-From", "-To", body=_SDP),
    "a scheme nobody knows": _request("OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent"),
    "a known scheme that is no SIP": _request("OPTIONS", "soap.beep://192.0.2.103:3002"),
    "unknown schemes in the headers": _request("REGISTER", "sip:example.com", "To: isbn:2983792873", "From: <http://www.example.com>;tag=3", "Contact: <name:John_Smith>"),
    "what must be understood is not": _request("OPTIONS", MAIN, "Require: nothingSupportsThis, nothingSupportsThisEither", "Proxy-Require: noProxiesSupportThis"),
    "a body of an unknown kind": _request("INVITE", MAIN, "Content-Type: application/unknownformat", body=b"<audio><pcmu port='443'/></audio>"),
    "single headers several times": _request("INVITE", MAIN, "+CSeq: 59 INVITE", "+Call-ID: other", "+From: <sip:x@y>;tag=5", "+To: <sip:z@y>", "+Max-Forwards: 5", body=_SDP),
    "several lengths": _request("OPTIONS", MAIN, "+Content-Length: 13", "+Content-Length: 5", body=b"There's no way"),
    "a broadcast in the way": _message("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23", "Call-ID: bc", "CSeq: 35 INVITE", "From: <sip:u@e>;tag=1", "To: <sip:u@e>;tag=2"),
    "no hops left": _request("OPTIONS", MAIN, "Max-Forwards: 0"),
    "no branch, as RFC 2543 wrote it": _request("INVITE", MAIN, "Via: SIP/2.0/UDP iftgw.example.com", "-Max-Forwards", "From: <sip:+3035551111@ift.client.example.net;user=phone>", body=_SDP, length=None),
}  # fmt: skip

# RFC 5118: IPv6 addresses where they may and may not stand.
IPV6 = {
    "addresses in brackets": _request("REGISTER", "sip:[2001:db8::10]", "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3", 'Contact: "Caller" <sip:caller@[2001:db8::1]>'),
    "an address without brackets": _request("REGISTER", "sip:2001:db8::10"),
    "a port that may be part of the address": _request("REGISTER", "sip:[2001:db8::10:5070]"),
    "a port behind the brackets": _request("REGISTER", "sip:[2001:db8::10]:5070"),
    "received in brackets": _request("OPTIONS", MAIN, "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3"),
    "received without brackets": _request("OPTIONS", MAIN, "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3"),
    "both kinds in a description": _request("INVITE", "sip:user@[2001:db8::10]", body=_SDP.replace(b"c=IN IP4 192.0.2.4", b"c=IN IP6 2001:db8::20") + b"m=video 6000 RTP/AVP 31\r\nc=IN IP4 192.0.2.5\r\n"),
    "IPv4 in IPv6": _request("INVITE", "sip:user@[::ffff:192.0.2.10]", "Contact: <sip:caller@[::ffff:192.0.2.2]:19823>", body=_SDP),
    "too many colons": _request("OPTIONS", "sip:user@[2001:db8:::192.0.2.1]"),
    "brackets that stay open": _request("OPTIONS", "sip:user@[2001:db8::1", "Via: SIP/2.0/UDP [2001:db8::9:1;branch=z9hG4bKas3"),
}  # fmt: skip
