# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inside of a real node: the first process of a box of namespaces, which `node.py` makes.

Everything that runs is a child of this process, and everything it mounts is seen by nobody outside: when it ends, the kernel takes all
of it away. What is to be done is in the state folder's box.json; `ready` or `failed` in the same folder tells how it went.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

RUN = Path("/run/box")
"""The state folder by a short name: sockets cannot have long ones."""
ADDRESS = "10.99.0.1"
NODE = "node"
KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet sets for the whole machine; it finds its values in files of ours and leaves the machine alone."""
CONTAINERD = "/run/containerd/containerd.sock"


class Trouble(Exception):
    """Why the node did not start."""


def command(arguments: Sequence[str | Path], what: str, *, tries: int = 1, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it printed."""
    for left in reversed(range(tries)):
        done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, check=False, env=env)
        if done.returncode == 0:
            return done.stdout
        if left:
            time.sleep(0.05)
    raise Trouble(f"{what} failed: {' | '.join(done.stderr.strip().splitlines()[-3:])}")


def mount(*arguments: str | Path) -> None:
    """Mount something, for this box alone."""
    command(["mount", *arguments], f"mount {' '.join(map(str, arguments))}")


def furnish(state: Path) -> None:
    """Mount what the node's programs expect; nothing of it is seen outside."""
    mount("--make-rshared", "/")
    mount("-t", "sysfs", "sysfs", "/sys")
    mount("-t", "tmpfs", "-o", "mode=755", "cgroup", "/sys/fs/cgroup")
    for names in hierarchies():
        folder = Path("/sys/fs/cgroup", names.removeprefix("name="))
        folder.mkdir()
        mount("-t", "cgroup", "-o", names, "cgroup", folder)
    mount("-t", "tmpfs", "-o", "mode=755", "run", "/run")
    for folder in (RUN, Path("/run/containerd"), Path("/run/netns"), Path("/run/lock")):
        folder.mkdir()
    mount("--bind", state, RUN)
    for name in ("var", "var-work", "containerd", "kubelet"):
        (RUN / name).mkdir()
    # Whatever is written below /var lands in the state folder.
    mount("-t", "overlay", "-o", f"lowerdir=/var,upperdir={RUN}/var,workdir={RUN}/var-work", "overlay", "/var")
    for name in ("lib/cni", "log/pods", "log/containers"):
        Path("/var", name).mkdir(parents=True, exist_ok=True)
    (RUN / "resolv.conf").write_text("")
    if Path("/etc/resolv.conf").exists():
        mount("--bind", RUN / "resolv.conf", "/etc/resolv.conf")
    for name, value in KERNEL.items():
        stand_in = RUN / name.replace("/", "-")
        stand_in.write_text(f"{value}\n")
        mount("--bind", stand_in, f"/proc/sys/{name}")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def hierarchies() -> list[str]:
    """Return the cgroup hierarchies of version 1: their controllers' names as mount takes them."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return [names for names in (line.split(":")[1] for line in lines) if names]


def configure(settings: Mapping[str, str]) -> None:
    """Write the configuration of containerd, its network and the node's two programs."""
    (RUN / "cni").mkdir()
    network = {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-addresses",
                    "ranges": [[{"subnet": "10.88.0.0/16"}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }
    (RUN / "cni" / "10-pods.conflist").write_text(json.dumps(network))
    (RUN / "containerd.toml").write_text(
        f"""version = 2
root = "{RUN}/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{settings["pause"]}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{RUN}/cni"
"""
    )
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": False,
        "evictionHard": dict.fromkeys(("imagefs.available", "memory.available", "nodefs.available", "nodefs.inodesFree"), "0%"),
        "imageGCHighThresholdPercent": 100,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "clusterDNS": ["10.96.0.10"],
        "resolvConf": str(RUN / "resolv.conf"),
    }
    (RUN / "kubelet.json").write_text(json.dumps(kubelet))
    proxy = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "oomScoreAdj": 0,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(RUN / "kubeconfig")},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
    (RUN / "kube-proxy.json").write_text(json.dumps(proxy))


def start(name: str, arguments: Sequence[str | Path]) -> subprocess.Popen[bytes]:
    """Start a program that stays; its output goes to logs/NAME.log."""
    with (RUN / "logs" / f"{name}.log").open("wb") as log:
        return subprocess.Popen([str(part) for part in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")


def wait_for(what: str, is_so: Callable[[], bool], started: Mapping[str, subprocess.Popen[bytes]], seconds: float = 60) -> None:
    """Return when something is so; fail when a program ends meanwhile, or time is over."""
    deadline = time.monotonic() + seconds
    while not is_so():
        for name, process in started.items():
            if process.poll() is not None:
                raise Trouble(f"{name} ended: {last_error(RUN / 'logs' / f'{name}.log')}")
        if time.monotonic() > deadline:
            raise Trouble(f"{what} did not come about within {seconds:.0f} s; the logs are in the state folder's logs")
        time.sleep(0.05)


def last_error(log: Path) -> str:
    """Return the last line that speaks of an error, else the last one."""
    lines = log.read_text(errors="replace").splitlines() or ["it printed nothing"]
    return next((line for line in reversed(lines) if re.search(r"error|fatal|fail|^E\d{4}", line, re.IGNORECASE)), lines[-1])


def control_plane(programs: Path, settings: Mapping[str, str]) -> None:
    """Start etcd, the API server, the controllers and the scheduler."""
    arguments: list[str | Path] = [programs / "kwokctl", "--name", settings["name"], "--config", RUN / "kwokctl.yaml", "create", "cluster"]
    arguments += ["--runtime", "binary", "--disable", "kwok-controller", "--disable-qps-limits", "--heartbeat-factor", "1"]
    arguments += ["--kubeconfig", RUN / "kubeconfig", "--wait", "60s", "--timeout", "90s"]
    arguments += ["--kube-audit-policy", settings["audit_policy"]]
    for program in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        arguments += [f"--{program}-binary", programs / program]
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG" and not key.startswith("KWOK_")}
    command(arguments, "Starting the control plane", env=environment | {"KWOK_WORKDIR": str(RUN)})


def bring_up(settings: Mapping[str, str]) -> dict[str, subprocess.Popen[bytes]]:
    """Start everything; return when a pod can start."""
    programs = Path(settings["programs"])
    started = {"containerd": start("containerd", ["containerd", "--config", RUN / "containerd.toml"])}
    control_plane(programs, settings)
    wait_for("containerd's socket", Path(CONTAINERD).exists, started)
    command(["ctr", "-a", CONTAINERD, "-n", "k8s.io", "images", "import", RUN / "images.tar"], "Importing the images", tries=100)
    access: list[str | Path] = ["--kubeconfig", RUN / "kubeconfig"]
    own_name: list[str | Path] = ["--hostname-override", NODE]
    started["kubelet"] = start(
        "kubelet",
        [programs / "kubelet", "--config", RUN / "kubelet.json", "--root-dir", RUN / "kubelet", *access, *own_name, "--node-ip", ADDRESS],
    )
    started["kube-proxy"] = start("kube-proxy", [programs / "kube-proxy", "--config", RUN / "kube-proxy.json", *own_name])
    kubectl: list[str | Path] = [programs / "kubectl", *access]
    conditions = (
        ["wait", "--for=create", "node", NODE, "--timeout=60s"],
        ["wait", "--for=condition=Ready", "node", NODE, "--timeout=60s"],
        ["wait", "--for=create", "serviceaccount/default", "--namespace=default", "--timeout=60s"],
    )
    for condition in conditions:
        command([*kubectl, *condition], "Waiting for the node")
    wait_for("kube-proxy's rules", lambda: "service-ips" in rules(), started)
    return started


def rules() -> str:
    """Return the network's rules as kube-proxy has written them so far."""
    return subprocess.run(["nft", "list", "table", "ip", "kube-proxy"], capture_output=True, text=True, check=False).stdout


def stay(started: Mapping[str, subprocess.Popen[bytes]]) -> int:
    """Collect every process that ends; return when one of the node's programs does."""
    pids = {process.pid for process in started.values()}
    while True:
        with contextlib.suppress(ChildProcessError):
            pid, _ = os.wait()
            if pid in pids:
                return 1
            continue
        return 1


def main(state: Path) -> int:
    """Be the first process of the box."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = json.loads((state / "box.json").read_text())
    try:
        furnish(state)
        configure(settings)
        started = bring_up(settings)
    except (Trouble, OSError) as trouble:
        (state / "failed").write_text(str(trouble))
        return 1
    (state / "ready").touch()
    return stay(started)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
