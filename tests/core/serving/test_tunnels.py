"""Tunnels, with a real OpenSSH server on loopback: what comes through, how it fails, and that it ends."""

import contextlib
import ctypes
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from reward_kit.clients.credentials import ApiKey
from reward_kit.errors import MissingExtraError, RemoteError, UsageError
from reward_kit.rewards.math import math_reward
from reward_kit.rewards.remote import Remote
from reward_kit.serving import ServeSettings, serving
from reward_kit.serving.tunnels import NgrokTunnel, SshTunnel, parse_tunnel

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
PR_SET_CHILD_SUBREAPER = 36


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def ssh(tmp_path_factory):
    """Run an OpenSSH server of our own, and return the options with which it is reached."""
    if SSHD is None:
        pytest.skip("no sshd here: apt-get install openssh-server")
    folder = tmp_path_factory.mktemp("ssh")
    folder.chmod(0o700)
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    port = free_port()
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
    }
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.DEVNULL) as server:
        until = time.monotonic() + 20
        while not answers(port):
            assert time.monotonic() < until
            time.sleep(0.05)
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
        yield (f"Port={port}", f"IdentityFile={folder / 'client'}", f"UserKnownHostsFile={folder / 'known_hosts'}")
        server.terminate()


@pytest.fixture
def served(monkeypatch):
    key = ApiKey(value="a-key-of-the-tests-0123456789", name="KEY")
    monkeypatch.setenv("KEY", key.value)
    with serving(math_reward, ServeSettings(port=0, workers=1, key=key)) as url:
        yield int(url.rpartition(":")[2])


def children():
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            found.update((task / "children").read_text().split())
    return found


def test_a_reward_is_asked_through_ssh_and_the_program_ends(ssh, served):
    before = children()
    with parse_tunnel(f"ssh:{getpass.getuser()}@127.0.0.1", ssh_options=ssh).open(served) as url:
        assert url != f"http://127.0.0.1:{served}"
        result = Remote(url, key_env="KEY")([{"role": "assistant", "content": "It is 9."}], ground_truth="9")
        assert (result.score, result.error) == (1.0, None)
        assert len(children() - before) == 1
    assert children() - before == set()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)


def test_the_port_can_be_chosen(ssh, served):
    port = free_port()
    with parse_tunnel(f"ssh:127.0.0.1:{port}", ssh_options=ssh).open(served) as url:
        assert url == f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}/health", timeout=20).status_code == 200


def test_a_port_that_is_taken_is_an_error(ssh):
    # The host listens on both addresses of loopback, and is content with one of them.
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as taken:
        tunnel = parse_tunnel(f"ssh:127.0.0.1:{taken.getsockname()[1]}", ssh_options=ssh)
        with pytest.raises(RemoteError, match="remote port forwarding failed"), tunnel.open(1):
            pass


def test_a_host_that_is_not_there_is_an_error():
    before = children()
    tunnel = SshTunnel(login="127.0.0.1", host="127.0.0.1", options=(f"Port={free_port()}",))
    with pytest.raises(RemoteError, match=r"no tunnel to '127\.0\.0\.1'.*Connection refused"), tunnel.open(1):
        pass
    assert children() - before == set()


def test_a_host_that_refuses_the_login_is_an_error(ssh):
    others = [option for option in ssh if not option.startswith("IdentityFile")]
    with (
        pytest.raises(RemoteError, match="Permission denied"),
        parse_tunnel("ssh:127.0.0.1", ssh_options=(*others, "IdentitiesOnly=yes", "IdentityFile=/dev/null")).open(1),
    ):
        pass


def test_the_program_ends_with_a_killed_command(ssh):
    code = f"""
import sys, time
from reward_kit.serving.tunnels import SshTunnel
with SshTunnel(login="127.0.0.1", host="127.0.0.1", options={ssh!r}).open(1) as url:
    print(url, flush=True)
    time.sleep(60)
"""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        before = children()
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.kill()
        process.communicate()
        until = time.monotonic() + 10
        while (left := children() - before) and time.monotonic() < until:
            for pid in left:
                os.waitpid(int(pid), os.WNOHANG)
            time.sleep(0.05)
        assert left == set()
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0)


@pytest.mark.parametrize("text", ["", "ssh:", "ssh:-oProxyCommand=x", "ssh:a b", "http://x", "ngrok:x"])
def test_what_is_no_tunnel_is_refused(text):
    with pytest.raises(UsageError, match="expected ssh:"):
        parse_tunnel(text)


def test_ngrok_without_a_token_is_refused():
    with pytest.raises(UsageError, match="expected one in the variable NGROK_AUTHTOKEN"):
        parse_tunnel("ngrok")


def test_ngrok_without_its_sdk_says_what_to_install():
    tunnel = parse_tunnel("ngrok", ngrok_key=ApiKey(value="a-token", name="NGROK_AUTHTOKEN"))
    assert isinstance(tunnel, NgrokTunnel)
    try:
        import ngrok  # noqa: F401 - whether it is there
    except ModuleNotFoundError:
        with pytest.raises(MissingExtraError, match="pip install 'ngrok"), tunnel.open(1):
            pass
    else:
        pytest.skip("the SDK is installed here")
