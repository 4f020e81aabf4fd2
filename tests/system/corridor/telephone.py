"""Other makers' telephones and door stations at a running installation: the real baresip and the real linphone, told what to do."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from antiphon import settings as settings_room
from corridor.platform_under_test import Platform
from corridor.stranger import until

PATIENCE_S = 15.0
Json = dict[str, Any]

_CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:0
sip_cafile {trust}
sip_verify_server yes
call_local_timeout 60
call_max_calls 4
audio_player aubridge,sink
audio_source aufile,{voice}
audio_alert aubridge,alert
audio_txmode poll
audio_level no
video_source {picture}
video_display fakevideo,nil
video_size 320x240
video_bitrate 300000
video_fps 10
rtp_ports 30000-31999
jitter_buffer_delay 5-10
module_path /usr/lib/baresip/modules
module opus.so
module g711.so
module g722.so
module aufile.so
module aubridge.so
module sndfile.so
module {video}.so
module avformat.so
module fakevideo.so
module srtp.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {dump}
"""


# Samples per second and channels that each codec wants its voice in.
_SOUND = {"opus/48000/2": (48_000, 2), "pcma/8000/1": (8_000, 1)}


def _voice(path: Path, tone_hz: int, rate: int, channels: int) -> Path:
    """A minute of one tone."""
    tone = np.sin(2 * np.pi * tone_hz * np.arange(60 * rate) / rate) * 8_000
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(tone.astype("<i2"), channels).tobytes())
    return path


@dataclass(frozen=True)
class Account:
    """What an administrator types at a station of another maker."""

    id: str
    name: str
    server: str
    port: int
    user: str
    password: str


def made_account(platform: Platform, name: str, **more: object) -> Account:
    """A new account over the API, at the demo's site."""
    with platform.api(platform.people[0]) as api:
        site = api.get("/api/v1/stations").json()["items"][0]["place_id"]
        answer = api.post("/api/v1/accounts", json={"name": name, "place_id": site, **more})
        assert answer.status_code == 201, answer.text
        given = answer.json()
    typed = given["credentials"]
    return Account(given["id"], name, typed["server"], typed["port"], typed["user"], typed["password"])


@dataclass
class Heard:
    """What a telephone recorded: its loudest quarter of a second, and the strongest tone of each that was not silent."""

    level: float
    tones_hz: list[float]

    def has(self, tone_hz: float) -> bool:
        return any(abs(heard - tone_hz) < 30 for heard in self.tones_hz)


Samples = np.ndarray[Any, np.dtype[np.float64]]
_WAV_HEADER_BYTES = 44
_AUDIBLE = 0.01


def heard_in(recording: Path, rate: int, channels: int) -> Heard:
    """Of a WAV file with 16 bits a sample, also while it goes on: its header says only at the end how long it is."""
    if recording.stat().st_size <= _WAV_HEADER_BYTES:
        return Heard(0.0, [])
    whole = (recording.stat().st_size - _WAV_HEADER_BYTES) // (2 * channels) * channels
    samples = np.fromfile(recording, "<i2", max(whole, 0), offset=_WAV_HEADER_BYTES).reshape(-1, channels)[:, 0]
    window = rate // 4
    parts = [samples[at : at + window] / 32768.0 for at in range(0, len(samples) - window + 1, window)]
    levels = [float(np.sqrt(np.mean(part**2))) for part in parts]
    return Heard(
        max(levels, default=0.0),
        [_tone_hz(part, rate) for part, level in zip(parts, levels, strict=True) if level > _AUDIBLE],
    )


def _tone_hz(part: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    spectrum[: int(100 * len(part) / rate)] = 0
    return float(np.argmax(spectrum)) * rate / len(part)


@dataclass
class Baresip:
    """One telephone. Its voice is a tone of `tone_hz`; what it hears is recorded."""

    platform: Platform
    account: Account
    folder: Path
    tone_hz: int = 440
    codecs: str = "opus/48000/2"
    video: str = "avcodec"
    picture: str = "fakevideo,nil"
    digits: str = "rtpevent"
    more: str = ""
    _log: Path = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)
    _control: socket.socket = field(init=False)
    _read: bytes = b""
    _events: list[Json] = field(default_factory=list)
    _token: int = 0

    def start(self) -> Baresip:
        """Until it is registered."""
        self._launch()
        # It may have registered before the control port was ours: its log tells.
        until("registered", lambda: "200 OK ()" in self.log)
        return self

    def _launch(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.dump.mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            control = probe.getsockname()[1]
        (self.folder / "config").write_text(
            _CONFIG.format(
                trust=self.platform.data / "pki" / "root.crt",
                voice=_voice(self.folder / "voice.wav", self.tone_hz, *_SOUND[self.codecs]),
                picture=self.picture,
                video=self.video,
                control=control,
                dump=self.dump,
            )
        )
        one = self.account
        (self.folder / "accounts").write_text(
            f"<sip:{one.user}@{one.server}:{one.port};transport=tls>;auth_user={one.user};auth_pass={one.password}"
            f";mediaenc=srtp-mand;regint=60;answermode=manual;audio_codecs={self.codecs};dtmfmode={self.digits}{self.more}\n"
        )
        (self.folder / "contacts").write_text("")
        self._log = self.folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-f", str(self.folder), "-v"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._control = socket.create_connection(("127.0.0.1", control), timeout=0.2)
                return
            except OSError:
                assert time.monotonic() < end, self.log
                assert self._process.poll() is None, self.log

    @property
    def dump(self) -> Path:
        return self.folder / "dump"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        self._control.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    # -- what happens there ------------------------------------------------------------------------------------------

    def event(self, kind: str, within_s: float = PATIENCE_S) -> Json:
        """The next event of this type; others before it are passed over."""
        end = time.monotonic() + within_s
        while True:
            for at, event in enumerate(self._events):
                if event["type"] == kind:
                    del self._events[: at + 1]
                    return event
            self._events_until(end, kind)

    def _events_until(self, end: float, wanted: str) -> None:
        message = self._message(end, wanted)
        if message.get("event"):
            self._events.append(message)

    def _message(self, end: float, wanted: str) -> Json:
        """The next netstring on the control port."""
        while True:
            length, found, rest = self._read.partition(b":")
            if found and len(rest) > int(length):
                self._read = rest[int(length) + 1 :]
                return dict(json.loads(rest[: int(length)]))
            left = end - time.monotonic()
            assert left > 0, f"waited in vain for {wanted}: {[one['type'] for one in self._events]} {self.log}"
            self._control.settimeout(left)
            try:
                data = self._control.recv(65_536)
            except TimeoutError:
                continue
            assert data, f"baresip is gone: {self.log}"
            self._read += data

    # -- what its owner does -----------------------------------------------------------------------------------------

    def do(self, command: str, params: str = "") -> str:
        self._token += 1
        token = str(self._token)
        order = json.dumps({"command": command, "params": params, "token": token}).encode()
        self._control.sendall(b"%d:%s," % (len(order), order))
        end = time.monotonic() + PATIENCE_S
        while True:
            message = self._message(end, f"an answer to {command}")
            if message.get("response") and message.get("token") == token:
                assert message["ok"], message
                return str(message["data"])
            if message.get("event"):
                self._events.append(message)

    def calls(self, whom: str = "main") -> None:
        self.do("dial", f"sip:{whom}@{self.account.server}:{self.account.port}")

    def is_rung(self) -> Json:
        return self.event("CALL_INCOMING")

    def answers(self) -> None:
        self.do("accept")
        self.talks()

    def talks(self) -> Json:
        return self.event("CALL_ESTABLISHED")

    def hears(self, tone_hz: float) -> None:
        """Until it has heard that tone; sound may begin late, and beeps have pauses."""
        until(f"it heard {tone_hz} Hz", lambda: self.heard().has(tone_hz))

    def hangs_up(self) -> None:
        self.do("hangup")

    def presses(self, digit: str) -> None:
        self.do("sndcode", digit)

    def is_told(self) -> str:
        """Why its call is over, in the platform's status line."""
        return str(self.event("CALL_CLOSED").get("param", ""))

    def heard(self) -> Heard:
        """What came out of its loudspeaker in the newest call."""
        return heard_in(self._recording(), *_SOUND[self.codecs])

    def _recording(self) -> Path:
        return max(self.dump.glob("*dec.wav"), key=lambda path: path.stat().st_mtime)


_LINPHONE = """
[sip]
media_encryption=srtp
media_encryption_mandatory=1
root_ca={trust}
verify_server_certs=1
verify_server_cn=0
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
use_ipv6=0
register_only_when_network_is_up=0
[rtp]
audio_rtp_port=28000-28999
video_rtp_port=29000-29999
[video]
capture=1
display=0
automatically_initiate=1
automatically_accept=1
[sound]
echocancellation=0
"""


@dataclass
class Linphone:
    """One linphone without screen, camera and sound card: it sends a still picture, plays a file and records what it hears.

    It checks who signed the platform's certificate, and not the name in it: its TLS library knows no addresses there.
    """

    platform: Platform
    account: Account
    folder: Path
    tone_hz: int = 600
    _process: subprocess.Popen[str] = field(init=False)
    _log: Path = field(init=False)
    _said: int = 0

    def start(self) -> Linphone:
        """Until it is registered, with files for a microphone and a loudspeaker."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        settings = self.folder / "linphonerc"
        settings.write_text(_LINPHONE.format(trust=self.platform.data / "pki" / "root.crt"))
        voice = _voice(self.folder / "voice.wav", self.tone_hz, 48_000, 1)
        self._log = self.folder / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                ["linphonec", "-c", str(settings), "-C", "-S"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                bufsize=1,
                env=settings_room.inherited() | {"HOME": str(self.folder)},
            )
        one = self.account
        server = f"<sip:{one.server}:{one.port};transport=tls>"
        self.do("soundcard use files")
        self.says("Using wav files")
        self.do(f"play {voice}")
        self.do(f"record {self.recording}")
        self.do(f"register sip:{one.user}@{one.server} {server} {one.password}")
        until("registered", lambda: self._registered())
        return self

    def _registered(self) -> bool:
        with self.platform.api(self.platform.people[0]) as api:
            return bool(api.get(f"/api/v1/accounts/{self.account.id}").json()["online"])

    @property
    def recording(self) -> Path:
        return self.folder / "heard.wav"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def says(self, words: str) -> None:
        """It wrote these words after what was read before."""
        until(f"linphone says {words}", lambda: words in self.log[self._said :])
        self._said = self.log.index(words, self._said) + len(words)

    def do(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")

    def calls(self, whom: str = "main") -> None:
        self.do(f"call sip:{whom}@{self.account.server}")

    def is_rung(self) -> None:
        self.says("Receiving new incoming call from")

    def answers(self) -> None:
        self.do("answer")
        self.talks()

    def talks(self) -> None:
        self.says("Media streams established")

    def presses(self, digit: str) -> None:
        self.do(digit)

    def hangs_up(self) -> None:
        self.do("terminate")

    def is_told(self) -> None:
        self.says(" ended (")

    def stop(self) -> None:
        """The recording is whole once it has ended; a second time does nothing."""
        if self._process.poll() is not None:
            return
        self.do("quit")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def heard(self) -> Heard:
        with wave.open(str(self.recording)) as file:
            return heard_in(self.recording, file.getframerate(), file.getnchannels())
