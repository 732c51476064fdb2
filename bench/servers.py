"""Servers under load: started on loopback, asked, and asked what they used of the processor and of memory."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")
REPOSITORY = "samples/hello"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves HTTP, and what it has used of the processor."""

    def __init__(self, words: list[str], port: int, log: pathlib.Path, scheme: str = "http"):
        self.port, self.scheme = port, scheme
        self.log = log.open("w")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        for _ in range(500):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise SystemExit(f"{words[0]} did not start: {log.read_text()}")

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self) -> float:
        """The most since it started, or since `forget_memory`."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def forget_memory(self) -> None:
        # proc(5): resets the peak.
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def start_distribution(program: str, where: pathlib.Path, more: str = "", scheme: str = "http") -> Server:
    """CNCF Distribution, with what it keeps under `where`; `more` follows in its configuration, whose last part is that of HTTP."""
    port, config = free_port(), where.with_suffix(".yml")
    config.write_text(
        f"version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: {where}\n"
        f"http:\n  addr: 127.0.0.1:{port}\n  secret: of-this-run\n{more}"
    )
    return Server([program, "serve", str(config)], port, where.with_suffix(".log"), scheme)


class Client:
    """One kept connection."""

    def __init__(self, port: int, authorization: str | None = None, scheme: str = "http"):
        if scheme == "https":
            # Certificates made for one run; what is measured is not whose they are.
            context = ssl._create_unverified_context()
            self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": authorization} if authorization else {}

    def ask(self, method: str, path: str, body=None, expect=(200, 201, 202), **headers):
        if isinstance(body, (dict, list)):
            body, headers["content_type"] = json.dumps(body), "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for is_last in (False, True):
            try:
                self.connection.request(method, path, body, {**self.headers, **named})
                answer = self.connection.getresponse()
                break
            except (BrokenPipeError, ConnectionResetError):
                # It rested beside a long measurement, until the server closed it.
                self.connection.close()
                if is_last:
                    raise
        text = answer.read()
        if expect and answer.status not in expect:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return answer, text


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def form(**fields: str) -> str:
    return urllib.parse.urlencode(fields)


def within(location: str, **query: str) -> str:
    """The path of a Location, with more in its query."""
    where = urllib.parse.urlsplit(location)
    query = "&".join(part for part in (where.query, form(**query)) if part)
    return f"{where.path}?{query}" if query else where.path


def digest_of(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def push_blob(client: Client, repository: str, blob: bytes, digest: str, chunk: int | None = None) -> None:
    """In one PUT, or in PATCHes of so many bytes."""
    octets = "application/octet-stream"
    location = client.ask("POST", f"/v2/{repository}/blobs/uploads/")[0].headers["location"]
    view = memoryview(blob)
    for begin in range(0, len(blob), chunk) if chunk else ():
        piece = view[begin : begin + chunk]
        answer, _ = client.ask("PATCH", within(location), piece, content_type=octets, content_length=str(len(piece)), content_range=f"{begin}-{begin + len(piece) - 1}")
        location = answer.headers["location"]
    client.ask("PUT", within(location, digest=digest), b"" if chunk else blob, content_type=octets)


def push_image(client: Client, repository: str = REPOSITORY, chunk: int | None = None) -> str:
    """A manifest of some 470 bytes, as the small ones are. Its digest."""

    def push(blob: bytes) -> dict:
        push_blob(client, repository, blob, digest_of(blob), chunk)
        return {"digest": digest_of(blob), "size": len(blob)}

    config = {"mediaType": "application/vnd.oci.image.config.v1+json", **push(b"{}")}
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **push(b"hello")}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer], "annotations": {"about": "x" * 100}}
    text = json.dumps(manifest)
    client.ask("PUT", f"/v2/{repository}/manifests/v1", text, content_type=MANIFEST)
    return digest_of(text.encode())


def load(server: Server, seconds: int, path: str, *headers: str, script: str | None = None, connections: int = 16) -> dict:
    """wrk, and what it cost the server."""
    # Distribution shows an OCI manifest only to who asks for one.
    words = ["wrk", "-H", f"Accept: {MANIFEST}", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in headers:
        words += ["-H", header]
    if script:
        words += ["-s", script]
    before = server.cpu_seconds()
    said = subprocess.run([*words, f"{server.scheme}://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True).stdout
    cpu = server.cpu_seconds() - before
    if "Non-2xx" in said:
        raise SystemExit(f"{path}: {said}")
    requests, amount, unit = re.search(r"(\d+) requests in [^,]*, ([0-9.]+)([KMGT]?)B read", said).groups()
    # Of answers that were cut off by the end as well.
    received = float(amount) * 1024 ** " KMGT".index(unit or " ")
    quantile = {name: re.search(rf"{name}%\s+([0-9.]+\w+)", said)[1] for name in ("50", "99")}
    return {"requests": int(requests), "rate": float(re.search(r"Requests/sec:\s+([0-9.]+)", said)[1]), "per_cpu": int(requests) / cpu, "bytes_per_cpu": received / cpu, "bytes_rate": received / seconds, "p50": quantile["50"], "p99": quantile["99"]}


def load_by(server: Server, method: str, seconds: int, path: str, *headers: str, connections: int = 16) -> dict:
    """oha, for methods whose answers wrk does not understand, and what it cost the server."""
    words = ["oha", "--no-tui", "--output-format", "json", "-z", f"{seconds}s", "-c", str(connections), "-m", method, "-H", f"Accept: {MANIFEST}"]
    for header in headers:
        words += ["-H", header]
    before = server.cpu_seconds()
    said = json.loads(subprocess.run([*words, f"{server.scheme}://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True).stdout)
    cpu = server.cpu_seconds() - before
    counts = said["statusCodeDistribution"]
    if set(counts) != {"200"}:
        raise SystemExit(f"{method} {path}: {counts}")
    quantile = {name: f"{said['latencyPercentiles'][name] * 1000:.2f}ms" for name in ("p50", "p99")}
    return {"rate": said["summary"]["requestsPerSec"], "per_cpu": sum(counts.values()) / cpu, **quantile}
