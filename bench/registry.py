"""What pulls and pushes cost, beside peers in the same run: the tables of docs/benchmarks.md, "Pulls and pushes".

usage: bench/registry.py PORTCULLIS [--distribution3 PROGRAM] [--container-registry PROGRAM] [--seconds S] [--large MIB] [--parts small large push tls]

Needs wrk and openssl, and oha for HEAD, which wrk cannot do. Debian's docker-registry (Distribution 2.8) and nginx take part where they are installed, Distribution 3 and
container-registry where their program is given; who does not is named. nginx serves the same blobs as files, with sendfile. Peers ask nobody who they are; Portcullis checks a bearer.
Everything listens on loopback and ends with this program. Rates are per second of the server's own processor time, which other work on the machine
disturbs less than the clock.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from servers import REPOSITORY, Client, Server, basic, digest_of, form, free_port, load, load_by, push_blob, push_image, start_distribution

KIB, MIB = 1 << 10, 1 << 20
# What docker and containerd send at once differs; this is within what both do.
CHUNK = 8 * MIB


class Peer:
    """A registry that runs, and how it is asked. `pushes` says whether it takes a blob in one PUT, as most do; others take it in a PATCH."""

    def __init__(self, name: str, server: Server, authorization: str | None = None, pushes: bool = True):
        self.name, self.server, self.authorization, self.pushes = name, server, authorization, pushes

    def client(self) -> Client:
        return Client(self.server.port, self.authorization, self.server.scheme)

    def load(self, seconds: int, path: str, connections: int, script: str | None = None, method: str = "GET") -> dict:
        headers = [f"Authorization: {self.authorization}"] if self.authorization else []
        self.server.forget_memory()
        if method == "GET":
            measured = load(self.server, seconds, path, *headers, connections=connections, script=script)
        else:
            measured = load_by(self.server, method, seconds, path, *headers, connections=connections)
        return {**measured, "memory": self.server.memory_mib()}


def portcullis(binary: str, folder: pathlib.Path, tls: bool) -> Peer:
    data, port = folder / f"portcullis-{tls}", free_port()
    place = ["--data", str(data), "--listen", f"127.0.0.1:{port}"]
    log = folder / f"portcullis-{tls}.log"
    making = Server([binary, "quickstart", *place], port, log)
    until = time.monotonic() + 20
    while "pcl_" not in (text := log.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    making.end()
    password = next(word for word in text.split() if word.startswith("pcl_"))
    scheme, extra = ("https", ["--tls-self-signed"]) if tls else ("http", [])
    server = Server([binary, "serve", *place, "--default-registry", "lnxcr", "--log-filter", "warn", *extra], port, log, scheme)
    query = form(service="lnxcr.localhost", scope=f"repository:{REPOSITORY}:pull,push")
    _, answer = Client(port, basic("token2", password), scheme).ask("GET", f"/oauth2/token?{query}")
    return Peer("Portcullis, with a bearer", server, "Bearer " + json.loads(answer)["access_token"])


def distribution(name: str, program: str, folder: pathlib.Path, tls: tuple | None) -> Peer:
    secured = f"  tls:\n    certificate: {tls[0]}\n    key: {tls[1]}\n" if tls else ""
    where = folder / f"{pathlib.Path(program).name}-{bool(tls)}"
    return Peer(name, start_distribution(program, where, secured, "https" if tls else "http"))


def container_registry(program: str, folder: pathlib.Path) -> Peer:
    """It takes any credentials where it was given no password, and none that are left out."""
    port = free_port()
    server = Server([program, "--bind", f"127.0.0.1:{port}", "--storage", str(folder / "container-registry")], port, folder / "container-registry.log")
    return Peer("container-registry, any password", server, basic("any", "any"), pushes=False)


def nginx(folder: pathlib.Path, files: pathlib.Path, tls: tuple | None) -> Peer | None:
    """With the files under the paths that the blobs have at registries."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not program:
        return None
    port, where = free_port(), folder / f"nginx-{bool(tls)}"
    where.mkdir()
    secured = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
    config = where / "nginx.conf"
    temporary = " ".join(f"{kind}_temp_path {where}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(
        f"daemon off; master_process off; user root; pid {where}/pid; error_log {where}/error.log;\nevents {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}{' ssl' if tls else ''}; {secured} root {files}; }} }}\n"
    )
    server = Server([program, "-p", str(where), "-c", str(config)], port, where / "log", "https" if tls else "http")
    return Peer("nginx, sendfile, asks nobody", server)


# --- tables ---


def head(title: str, *columns: str) -> None:
    print(f"\n{title}\n\n| | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}", flush=True)


def pulls(title: str, peers: list[Peer], path: str, seconds: int, connections: int, in_bytes: bool = False, **how: str) -> None:
    """Portcullis comes first: what it does is the measure of the others."""
    per_cpu, rate, unit = ("bytes_per_cpu", "bytes_rate", "GB") if in_bytes else ("per_cpu", "rate", "requests")
    shown = (lambda value: f"{value / 1e9:.2f}") if in_bytes else (lambda value: f"{value:,.0f}")
    head(f"{title}, {connections} clients:", f"{unit} per CPU-second", f"{unit} per second", "p50", "p99", "peak MiB", "ratio")
    base = None
    for peer in peers:
        measured = peer.load(seconds, path, connections, **how)
        base = base or measured
        ratio = base[per_cpu] / measured[per_cpu]
        print(f"| {peer.name} | {shown(measured[per_cpu])} | {shown(measured[rate])} | {measured['p50']} | {measured['p99']} | {measured['memory']:.0f} | {ratio:.2f} |", flush=True)


def pushes(title: str, peers: list[Peer], size: int, count: int, connections: int, hashing: float, chunk: int | None = None) -> None:
    """Of blobs that nobody has, made before the clock runs."""
    head(f"{title}, {connections} clients:", "MB per CPU-second", "MB per second", "blobs per second", "peak MiB", "of SHA-256", "ratio")
    base = None
    for peer in peers:
        measured = push_some(peer, size, count, connections, chunk)
        base = base or measured
        rate, per_cpu = size * count / measured["wall"] / 1e6, size * count / measured["cpu"] / 1e6
        print(
            f"| {peer.name} | {per_cpu:,.1f} | {rate:,.1f} | {count / measured['wall']:,.0f} | {measured['memory']:.0f} | {per_cpu / hashing:.2f} | {measured['cpu'] / base['cpu']:.2f} |",
            flush=True,
        )


def push_some(peer: Peer, size: int, count: int, connections: int, chunk: int | None) -> dict:
    start = threading.Barrier(connections + 1)

    def some(number: int) -> None:
        client = peer.client()
        seed = os.urandom(16)
        blobs = [seed + index.to_bytes(8, "big") + filler[: size - 24] for index in range(count // connections)]
        digests = [digest_of(blob) for blob in blobs]
        client.ask("GET", "/v2/")
        start.wait()
        for blob, digest in zip(blobs, digests, strict=True):
            push_blob(client, REPOSITORY, blob, digest, chunk)

    filler = os.urandom(max(size - 24, 0))
    threads = [threading.Thread(target=some, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    start.wait()
    peer.server.forget_memory()
    cpu, begun = peer.server.cpu_seconds(), time.monotonic()
    for thread in threads:
        thread.join()
    return {"wall": time.monotonic() - begun, "cpu": max(peer.server.cpu_seconds() - cpu, 0.01), "memory": peer.server.memory_mib()}


def sha256_rate() -> float:
    """MB a second of one processor, by OpenSSL."""
    blob = os.urandom(64 * MIB)
    begun = time.process_time()
    for _ in range(8):
        hashlib.sha256(blob)
    return 8 * len(blob) / (time.process_time() - begun) / 1e6


# --- the run ---


def fill(peers: list[Peer], sizes: list[int], files: pathlib.Path) -> tuple[str, dict[int, str]]:
    """The same image and blobs everywhere, and as files. The digest of the manifest, and those of the blobs."""
    blobs = {size: os.urandom(size) for size in sizes}
    where = files / "v2" / REPOSITORY / "blobs"
    where.mkdir(parents=True)
    digests = {size: digest_of(blob) for size, blob in blobs.items()}
    for size, blob in blobs.items():
        (where / digests[size]).write_bytes(blob)
    for peer in peers:
        chunk = None if peer.pushes else 1 << 40
        manifest = push_image(peer.client(), chunk=chunk)
        for size, blob in blobs.items():
            push_blob(peer.client(), REPOSITORY, blob, digests[size], chunk)
    return manifest, digests


def blob_path(digest: str) -> str:
    return f"/v2/{REPOSITORY}/blobs/{digest}"


def small(peers: list[Peer], manifest: str, seconds: int) -> None:
    by_tag = f"/v2/{REPOSITORY}/manifests/v1"
    pulls("`/v2/`", peers, "/v2/", seconds, 16)
    for connections in (1, 16, 256):
        pulls("A manifest by its tag", peers, by_tag, seconds, connections)
    pulls("A manifest by its digest", peers, f"/v2/{REPOSITORY}/manifests/{manifest}", seconds, 16)
    if shutil.which("oha"):
        pulls("HEAD of a manifest by its tag", peers, by_tag, seconds, 16, method="HEAD")
    else:
        print("\nSKIPPED  HEAD of a manifest: oha is not installed")


def large(peers: list[Peer], digests: dict[int, str], seconds: int, what: str) -> None:
    for size, digest in digests.items():
        name = f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"
        for connections in (1, 16, 256) if size < MIB else (1, 16):
            pulls(f"A blob of {name}{what}", peers, blob_path(digest), seconds, connections, in_bytes=size >= MIB)


def mix(peers: list[Peer], manifest: str, digests: dict[int, str], seconds: int, folder: pathlib.Path) -> None:
    """As hosts pull: mostly manifests, some configs, now and then a layer."""
    base, config, layer = f"/v2/{REPOSITORY}/manifests", blob_path(digests[KIB]), blob_path(digests[MIB])
    wheel = [f"{base}/v1"] * 13 + [f"{base}/{manifest}"] * 4 + [config] * 2 + [layer]
    script = folder / "mix.lua"
    paths = ", ".join(f'"{path}"' for path in wheel)
    script.write_text(f"local wheel = {{{paths}}}\nlocal next = 0\nrequest = function()\n  next = next % #wheel + 1\n  return wrk.format('GET', wheel[next])\nend\n")
    pulls("A mix: of 20 requests 13 for a manifest by tag, 4 by digest, 2 for 1 KiB, 1 for 1 MiB", peers, "/", seconds, 64, script=str(script))


def idle(peers: list[Peer]) -> None:
    head("Memory when started:", "MiB")
    for peer in peers:
        print(f"| {peer.name} | {peer.server.memory_mib():.0f} |")


class Run:
    """Whoever takes part, and who is left out."""

    def __init__(self, arguments: argparse.Namespace, folder: pathlib.Path):
        self.arguments, self.folder = arguments, folder
        self.running: list[Peer] = []

    def started(self, peer: Peer | None, name: str) -> list[Peer]:
        if peer is None:
            print(f"SKIPPED  {name}: it is not installed, or its program was not given")
            return []
        self.running.append(peer)
        return [peer]

    def registries(self, tls: tuple | None) -> list[Peer]:
        two, three = shutil.which("docker-registry"), self.arguments.distribution3
        return [
            *self.started(portcullis(os.path.realpath(self.arguments.portcullis), self.folder, bool(tls)), "Portcullis"),
            *self.started(two and distribution("Distribution 2.8", two, self.folder, tls), "Distribution 2.8"),
            *self.started(three and distribution("Distribution 3", three, self.folder, tls), "Distribution 3"),
        ]

    def plain(self, parts: set[str]) -> None:
        arguments, folder, seconds = self.arguments, self.folder, self.arguments.seconds
        registries = self.registries(None)
        program = arguments.container_registry
        peers = registries + self.started(program and container_registry(program, folder), "container-registry")
        idle(peers)
        sizes = [KIB, MIB, 100 * MIB] + ([arguments.large * MIB] if arguments.large else [])
        manifest, digests = fill(peers, sizes, folder / "files")
        if "small" in parts:
            small(peers, manifest, seconds)
            mix(peers, manifest, digests, seconds, folder)
        if "large" in parts:
            large(peers + self.started(nginx(folder, folder / "files", None), "nginx"), digests, seconds, "")
        if "push" in parts:
            all_pushes(registries)

    def tls(self) -> None:
        folder, seconds, key = self.folder, self.arguments.seconds, ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        files = folder / "key.pem", folder / "certificate.pem"
        words = ["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-subj", "/CN=localhost", "-keyout", files[0], "-out", files[1]]
        subprocess.run(words, check=True, capture_output=True)
        tls = files[1], files[0]
        peers = self.registries(tls)
        _, digests = fill(peers, [KIB, MIB, 100 * MIB], folder / "files-tls")
        pulls("A manifest by its tag, over TLS", peers, f"/v2/{REPOSITORY}/manifests/v1", seconds, 16)
        large(peers + self.started(nginx(folder, folder / "files-tls", tls), "nginx"), digests, seconds, ", over TLS")

    def end(self) -> None:
        for peer in self.running:
            peer.server.end()
        self.running.clear()


def all_pushes(peers: list[Peer]) -> None:
    hashing = sha256_rate()
    print(f"\nSHA-256 by OpenSSL: {hashing:,.0f} MB per second of one processor.")
    for name, size, count, connections in (("1 KiB", KIB, 3200, 16), ("1 MiB", MIB, 320, 16), ("100 MiB", 100 * MIB, 4, 1), ("100 MiB", 100 * MIB, 8, 4)):
        pushes(f"A blob of {name} pushed in one PUT", peers, size, count, connections, hashing)
    pushes("A blob of 100 MiB pushed in chunks of 8 MiB", peers, 100 * MIB, 4, 1, hashing, CHUNK)


PARTS = ("small", "large", "push", "tls")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("portcullis")
    parser.add_argument("--distribution3", help="its program, `registry`")
    parser.add_argument("--container-registry", help="the program of that name of crates.io")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--large", type=int, default=1024, help="MiB of the largest blob; 0 for none")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run, parts = Run(arguments, pathlib.Path(name)), set(arguments.parts)
        try:
            if parts - {"tls"}:
                run.plain(parts)
                run.end()
            if "tls" in parts:
                run.tls()
        finally:
            run.end()


if __name__ == "__main__":
    main()
