"""Lets the public suite `irctest` (repository progval/irctest) drive klatchd.

docs/conformance.md says how to run it and what comes out. The suite has to listen on loopback only: in its
`irctest/irc_utils/junkdrawer.py` the address of `find_hostname_and_port` has to be "127.0.0.1".

CHAT_SERVER_BIN          the klatchd to test (required)
CHAT_SERVER_CASEMAPPING  "ascii" (default), "rfc1459" or "precis"
CHAT_SERVER_KEEP         a directory: keep the configuration and the data of every run there
IRCTEST_DEBUG_LOGS=1     the suite's own switch: show the server's output in the report

Whatever the suite needs is an ordinary setting of docs/operating.md; `render_config` names them all. Optional behaviour
is promised, so that what is missing fails instead of being skipped.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Type

from irctest import patma
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.specifications import Capabilities, OptionalBehaviors

BIN = os.environ.get("CHAT_SERVER_BIN", "")
CASEMAPPING = os.environ.get("CHAT_SERVER_CASEMAPPING", "ascii")
KEEP = os.environ.get("CHAT_SERVER_KEEP", "")


# --------------------------------------------------------------------------
# What a test wants from the configuration, in neutral words.
# --------------------------------------------------------------------------
def knobs(**over: Any) -> Dict[str, Any]:
    k: Dict[str, Any] = dict(
        server_name="My.Little.Server",  # literal in many tests (001..004, WHO, PONG, TIME)
        network_name="IrcTest",
        server_description="test server",  # literal in the LINKS tests
        listen=[],  # [{"address": "127.0.0.1:p", "tls": bool, "websocket": bool, "proxy": bool}]
        tls_cert=None,
        tls_key=None,
        data_dir=None,
        server_password=None,  # PASS before NICK/USER; wrong/missing => 464 + ERROR
        motd=None,  # 422 is accepted as well as 375/372/376
        oper_name="operuser",  # OPER operuser operpassword, all privileges
        oper_password="operpassword",
        casemapping=CASEMAPPING,  # ascii | rfc1459 | precis (UTF-8 nicks + confusables)
        send_queue_max=1 << 20,
        default_user_modes="",
        registration_enabled=True,
        registration_before_connect=False,
        registration_requires_email=False,
        multiclient=True,  # several connections on one account+nick
        always_on="opt-in",  # opt-in | opt-out
        history_max_reply=100,
        history_delete_own=True,
        znc_playback_max=0,  # 0 = no separate limit
        proxy_allowed_from=["127.0.0.1", "::1"],
        flood_exempt=["127.0.0.1", "::1"],
        cheap_password_hash=True,
    )
    k.update(over)
    return k


# --------------------------------------------------------------------------
# The ONE place that knows our server's file format.
# --------------------------------------------------------------------------
def render_config(k: Dict[str, Any]) -> str:
    doc: Dict[str, Any] = {
        "server": {
            "name": k["server_name"],
            "network": k["network_name"],
            "description": k["server_description"],
            "data_dir": str(k["data_dir"]),
            "motd": k["motd"],
            "password": k["server_password"],
            "casemapping": k["casemapping"],
            "proxy_allowed_from": k["proxy_allowed_from"],
            "listen": [
                {
                    "address": x["address"],
                    "tls": x["tls"],
                    "websocket": x["websocket"],
                    "proxy": x["proxy"],
                    "certificate": x.get("cert"),
                    "key": x.get("key"),
                }
                for x in k["listen"]
            ],
        },
        "limits": {
            "flood": False,
            "send_queue_max": k["send_queue_max"],
            "connections_per_ip": 10000,
            "exempt": k["flood_exempt"],
        },
        "accounts": {
            "sign_up": "open" if k["registration_enabled"] else "closed",
            "required": False,
            "nick_is_account": False,
            "default_user_modes": k["default_user_modes"],
            "registration_before_connect": k["registration_before_connect"],
            "min_user_length": 1,
            "min_password_length": 1,
            "max_password_length": 1024,
            "email_required": k["registration_requires_email"],
            "multiclient": k["multiclient"],
            "password_hash_cost": "test" if k["cheap_password_hash"] else "default",
        },
        "operators": {
            "login": [{"name": k["oper_name"], "password": k["oper_password"]}],
        },
        "rooms": {"lobby": ""},
        "history": {"max_reply": k["history_max_reply"], "delete_own": k["history_delete_own"]},
        "log": {"filter": "warn"},
    }
    return to_toml(doc)


def _value(v: Any) -> str:
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (int, float)):
        return str(v)
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(_value(x) for x in v) + "]"
    s = str(v).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + s.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def to_toml(doc: Dict[str, Any]) -> str:
    """Just enough TOML: tables, arrays of tables, scalars, flat lists. None = left out."""
    out: List[str] = []

    def table(path: str, t: Dict[str, Any], header: str) -> None:
        if header:
            out.append(header)
        later = []
        for key, v in t.items():
            if v is None:
                continue
            if isinstance(v, dict) or (isinstance(v, list) and v and isinstance(v[0], dict)):
                later.append((key, v))
            else:
                out.append(f"{key} = {_value(v)}")
        out.append("")
        for key, v in later:
            p = f"{path}.{key}" if path else key
            if isinstance(v, dict):
                table(p, v, f"[{p}]")
            else:
                for item in v:
                    table(p, item, f"[[{p}]]")

    table("", doc, "")
    return "\n".join(out) + "\n"


# --------------------------------------------------------------------------
# Some tests change the configuration through a callback that edits a nested dict of
# the shape that Ergo's configuration has.  We hand them a dict of that shape holding
# the five settings that are ever touched, and translate what they left in it.
# --------------------------------------------------------------------------
def foreign_shape(k: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "server": {
            "casemapping": k["casemapping"],
            "listeners": {
                x["address"]: ({"websocket": True} if x["websocket"] else None)
                for x in k["listen"]
            },
        },
        "accounts": {
            "default-user-modes": k["default_user_modes"],
            "multiclient": {"always-on": k["always_on"]},
        },
        "history": {"znc-maxmessages": k["znc_playback_max"]},
    }


def from_foreign_shape(f: Dict[str, Any], k: Dict[str, Any]) -> None:
    k["casemapping"] = f["server"]["casemapping"]
    k["default_user_modes"] = f["accounts"]["default-user-modes"]
    k["always_on"] = f["accounts"]["multiclient"]["always-on"]
    k["znc_playback_max"] = f["history"]["znc-maxmessages"]
    for x in k["listen"]:
        conf = f["server"]["listeners"].get(x["address"]) or {}
        x["proxy"] = bool(conf.get("proxy"))


def _child_setup() -> None:
    """Own session (the suite signals the group), and die with the test runner: the suite
    does not clean up when a test fails in its set-up, so servers would be left behind."""
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


_running: List["ChatServerController"] = []


class ChatServerController(BaseServerController, DirectoryBasedController):
    software_name = "klatchd"
    _port_wait_interval = 0.01
    supported_sasl_mechanisms: Set[str] = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = True
    extban_mute_char = "m"
    nickserv = "NickServ"
    sync_sleep_time = 0.0  # replies must come in order, PONG after everything before it

    # every capability the suite knows by name: a NAK is then a failure, not a skip
    capabilities = frozenset(Capabilities)

    # NON_UTF8_MESSAGE excludes UTF8ONLY, everything else is promised
    optional_behaviors = frozenset(OptionalBehaviors) - {OptionalBehaviors.NON_UTF8_MESSAGE}

    isupport = {
        "ACCOUNTEXTBAN": patma.ANYSTR,
        "BOT": "B",
        "CASEMAPPING": CASEMAPPING,
        "CHATHISTORY": patma.ANYSTR,
        "ELIST": patma.StrRe("[CMNTU]+"),
        "INVEX": patma.ANYOPTSTR,
        "MONITOR": patma.ANYSTR,
        "MSGREFTYPES": patma.ANYSTR,
        "PREFIX": patma.ANYSTR,
        "STATUSMSG": patma.ANYSTR,
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
        "WHOX": None,
    }

    # -- life cycle ---------------------------------------------------------
    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str] = None,
        websocket_port: Optional[int] = None,
    ) -> None:
        if not BIN:
            raise RuntimeError("set CHAT_SERVER_BIN to the server binary")
        assert self.proc is None
        for left in list(_running):  # of an earlier test that broke in its set-up
            left.kill()
        self.create_config()
        assert self.directory is not None
        self.hostname, self.port = "127.0.0.1", port

        want = self.test_config
        k = knobs(
            data_dir=self.directory / "data",
            server_password=password,
            registration_before_connect=want.account_registration_before_connect,
            registration_requires_email=want.account_registration_requires_email,
        )
        k["listen"] = [
            dict(address=f"127.0.0.1:{port}", tls=ssl, websocket=False, proxy=False)
        ]
        if websocket_port:
            k["listen"].append(
                dict(
                    address=f"127.0.0.1:{websocket_port}",
                    tls=False,
                    websocket=True,
                    proxy=False,
                )
            )
        if ssl:
            self.gen_ssl()
            k["tls_cert"], k["tls_key"] = str(self.pem_path), str(self.key_path)
            for x in k["listen"]:
                if x["tls"]:
                    x["cert"], x["key"] = k["tls_cert"], k["tls_key"]
        if want.ergo_config:
            foreign = foreign_shape(k)
            want.ergo_config(foreign)
            from_foreign_shape(foreign, k)

        self._knobs = k
        self._config = self.directory / "server.toml"
        (self.directory / "data").mkdir(exist_ok=True)
        self._write()

        self._prefix: List[str] = []
        if faketime and shutil.which("faketime"):
            self._prefix = ["faketime", "-f", faketime]
            self.faketime_enabled = True
        self._start()

    def _write(self) -> None:
        self._config.write_text(render_config(self._knobs))

    def _start(self) -> None:
        cmd = [*self._prefix, BIN, "--headless", "--config", str(self._config)]
        env = {**os.environ, "RUST_BACKTRACE": "1", "DONT_FAKE_MONOTONIC": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.proc = self.execute(
            cmd, proc_name="chat-server", env=env, preexec_fn=_child_setup
        )
        if self not in _running:
            _running.append(self)

    def restart(self) -> None:
        self.kill_proc()
        self.port_open = False
        self._start()
        self.wait_for_port()

    def kill(self) -> None:
        if KEEP and self.directory and self.directory.exists():
            target = Path(KEEP) / self.directory.name
            shutil.copytree(self.directory, target, dirs_exist_ok=True)
        if self in _running:
            _running.remove(self)
        super().kill()

    def wait_for_services(self) -> None:
        pass  # they are part of the server

    # -- configuration changes at run time ------------------------------------
    def getConfig(self) -> Dict[str, Any]:
        return foreign_shape(self._knobs)

    def rehash(self, case: Any, config: Dict[str, Any]) -> None:
        from_foreign_shape(config, self._knobs)
        self._write()
        assert self.proc
        self.proc.send_signal(signal.SIGHUP)
        time.sleep(0.3)

    # -- accounts -----------------------------------------------------------
    def registerUser(
        self, case: Any, username: str, password: Optional[str] = None
    ) -> None:
        if not case.run_services:
            raise ValueError("test registers an account but is not marked as needing them")
        assert password
        line = f"REGISTER * * {password}"
        if len(line.encode()) > 510:
            self._register_by_command(username, password)
            return

        c = case.addClient(show_io=False)
        case.sendLine(c, "CAP LS 302")
        case.sendLine(c, f"NICK {username}")
        case.sendLine(c, "USER r e g :user")
        case.sendLine(c, "CAP END")
        while case.getRegistrationMessage(c).command != "001":
            pass
        case.getMessages(c)
        case.sendLine(c, line)
        seen = [m for m in case.getMessages(c) if m.command not in ("MODE", "221")]
        done = [m for m in seen if m.command == "REGISTER"]
        assert done and done[0].params[:2] == ["SUCCESS", username], seen
        case.sendLine(c, "QUIT")
        case.assertDisconnected(c)

    def _register_by_command(self, username: str, password: str) -> None:
        self.wait_for_port()
        cmd = [BIN, "account", "add", "--config", str(self._config), "--password-stdin", username]
        subprocess.run(
            cmd,
            input=password.encode(),
            check=True,
            timeout=20,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def get_irctest_controller_class() -> Type[ChatServerController]:
    return ChatServerController
