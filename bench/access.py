"""What signing in costs, beside a peer in the same run: the tables of docs/benchmarks.md, "Access".

usage: bench/access.py PORTCULLIS [--tokens N] [--seconds S]

Needs wrk, and for the peer docker-registry, htpasswd and openssl. Everything listens on loopback and ends with this program. Rates are per second of
the server's own processor time, which other work on the machine disturbs less than the clock.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from servers import REPOSITORY, Client, Server, basic, form, free_port, load, push_image, start_distribution

HERE = pathlib.Path(__file__).parent
GROUP = "lnxtest"
API = "api-version=2022-12-01"


def row(what: str, measured: dict, base: dict | None = None) -> None:
    ratio = f"{measured['per_cpu'] / base['per_cpu']:.2f}" if base else ""
    print(f"| {what} | {measured['per_cpu']:,.0f} | {measured['rate']:,.0f} | {measured['p50']} | {measured['p99']} | {ratio} |", flush=True)


def head(title: str) -> None:
    print(f"\n{title}\n\n| | per CPU-second | per second | p50 | p99 | ratio |\n|---|---|---|---|---|---|")


# --- Portcullis ---


class Site:
    """A registry with many tokens, one of which pulls."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.binary, self.data = binary, folder / "data"
        made = self.run("New-AzResourceGroup", "-Name", GROUP, "-Location", "westus")
        self.registry = json.loads(made)["ResourceId"] + "/providers/Microsoft.ContainerRegistry/registries/lnxcr"
        self.run("registry", "create", "-n", "lnxcr", "-g", GROUP, "--sku", "Premium")
        self.principal = json.loads((self.data / "service-principal.json").read_text())
        self.servers = [self.serve(folder / f"server-{number}.log") for number in (1, 2)]
        self.manager = Client(self.servers[0].port, self.bearer_of_management())

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.end()

    def run(self, *words: str) -> str:
        return subprocess.run([self.binary, *words, "--data", self.data], check=True, capture_output=True, text=True).stdout

    def serve(self, log: pathlib.Path, filter: str = "warn") -> Server:
        port = free_port()
        words = [self.binary, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{port}", "--log-filter", filter]
        return Server(words, port, log)

    def bearer_of_management(self) -> str:
        fields = form(grant_type="client_credentials", client_id=self.principal["clientId"], client_secret=self.principal["clientSecret"], scope=f"http://127.0.0.1:{self.servers[0].port}/.default")
        path = f"/{self.principal['tenantId']}/oauth2/v2.0/token"
        _, text = Client(self.servers[0].port).ask("POST", path, fields, content_type="application/x-www-form-urlencoded")
        return "Bearer " + json.loads(text)["access_token"]

    def put_token(self, client: Client, name: str, scope_map: str = "_repositories_admin") -> str:
        properties = {"scopeMapId": f"{self.registry}/scopeMaps/{scope_map}", "credentials": {"passwords": [{"name": "password1"}]}}
        _, text = client.ask("PUT", f"{self.registry}/tokens/{name}?{API}", {"properties": properties})
        return json.loads(text)["properties"]["credentials"]["passwords"][0]["value"]

    def fill(self, tokens: int) -> list[tuple[str, str]]:
        """Makes them from sixteen connections; names and passwords of the first thousand."""
        kept: list[tuple[str, str]] = []

        def some(first: int) -> None:
            client = Client(self.servers[0].port, self.manager.headers["Authorization"])
            for number in range(first, tokens, 16):
                password = self.put_token(client, f"token-{number:07}", "_repositories_pull")
                if number < 1000:
                    kept.append((f"token-{number:07}", password))

        threads = [threading.Thread(target=some, args=(first,)) for first in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return kept

    def bearer(self, user: str, password: str) -> str:
        path = "/oauth2/token?" + form(service="lnxcr.localhost", scope=f"repository:{REPOSITORY}:pull")
        _, text = Client(self.servers[0].port, basic(user, password)).ask("GET", path)
        return "Bearer " + json.loads(text)["access_token"]


def issue(site: Site, users: list[tuple[str, str]], folder: pathlib.Path, seconds: int) -> None:
    credentials = folder / "credentials.lua"
    credentials.write_text("return {%s}" % ",".join(f'"{basic(*user)}"' for user in users))
    script = folder / "issue.lua"
    script.write_text((HERE / "issue.lua").read_text().replace("CREDENTIALS", str(credentials)))
    path = "/oauth2/token?" + form(service="lnxcr.localhost", scope=f"repository:{REPOSITORY}:pull")
    head("A password for an ES256 bearer:")
    for connections in (1, 16, 256):
        row(f"{connections} clients, {len(users):,} users in turn", load(site.servers[0], seconds, path, script=str(script), connections=connections))


def manifests(site: Site, admin: tuple[str, str], folder: pathlib.Path, seconds: int) -> dict:
    server = site.servers[0]
    path = f"/v2/{REPOSITORY}/manifests/v1"
    head("A manifest by its tag, 16 clients:")
    ping = load(server, seconds, "/healthz")
    row("`/healthz`, which looks at nothing", ping)
    bearer = load(server, seconds, path, f"Authorization: {site.bearer(*admin)}")
    row("Portcullis, with a bearer", bearer)
    row("Portcullis, with a password", load(server, seconds, path, f"Authorization: {basic(*admin)}"), bearer)
    talkative = site.serve(folder / "talkative.log", "info")
    row("Portcullis, with a bearer, every request logged", load(talkative, seconds, path, f"Authorization: {site.bearer(*admin)}"), bearer)
    talkative.end()
    site.manager.ask("PATCH", f"{site.registry}?{API}", {"properties": {"anonymousPullEnabled": True}})
    query = form(service="lnxcr.localhost", scope=f"repository:{REPOSITORY}:pull")
    anonymous = json.loads(Client(server.port).ask("GET", f"/oauth2/token?{query}")[1])["access_token"]
    row("Portcullis, with an anonymous bearer", load(server, seconds, path, f"Authorization: Bearer {anonymous}"), bearer)
    return bearer


# --- the peer ---


def peer(folder: pathlib.Path, seconds: int, base: dict) -> None:
    if not all(shutil.which(program) for program in ("docker-registry", "htpasswd")):
        print("\nSKIPPED the peer: docker-registry or htpasswd is not installed")
        return
    users = folder / "htpasswd"
    users.write_text(subprocess.run(["htpasswd", "-Bbn", "user", "password"], capture_output=True, text=True, check=True).stdout)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=peer", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    forms = {
        "nobody asked": ("", None),
        "htpasswd, bcrypt of cost 5": (f"auth:\n  htpasswd:\n    realm: peer\n    path: {users}\n", basic("user", "password")),
        "an RS256 bearer": (f"auth:\n  token:\n    realm: http://127.0.0.1/\n    service: peer\n    issuer: peer\n    rootcertbundle: {certificate}\n", signed(key, certificate)),
    }
    for what, (auth, authorization) in forms.items():
        server = start_distribution("docker-registry", folder / f"peer-{len(auth)}", auth)
        push_image(Client(server.port, authorization))
        headers = [f"Authorization: {authorization}"] if authorization else []
        row(f"CNCF Distribution 2.8, {what}", load(server, seconds, f"/v2/{REPOSITORY}/manifests/v1", *headers), base)
        server.end()


def signed(key: pathlib.Path, certificate: pathlib.Path) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    chain = "".join(line for line in certificate.read_text().splitlines() if "-----" not in line)
    now = int(time.time())
    access = [{"type": "repository", "name": REPOSITORY, "actions": ["pull", "push"]}]
    claims = {"iss": "peer", "aud": "peer", "sub": "user", "exp": now + 3600, "nbf": now - 60, "iat": now, "jti": "1", "access": access}
    text = ".".join(part(json.dumps(some).encode()) for some in ({"typ": "JWT", "alg": "RS256", "x5c": [chain]}, claims))
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True)
    return f"Bearer {text}.{part(made.stdout)}"


# --- revocation ---


def revocation(site: Site, rounds: int) -> None:
    """From when a PATCH that disables a token is sent until the last request with its bearer that is still let in was sent."""
    path = f"/v2/{REPOSITORY}/manifests/v1"
    spans: dict[int, list[float]] = {0: [], 1: []}
    busy = subprocess.Popen(["wrk", "-t1", "-c16", f"-d{rounds * 2}s", "-H", f"Authorization: {site.bearer('admin', site.admin)}", f"http://127.0.0.1:{site.servers[0].port}{path}"], stdout=subprocess.DEVNULL)
    try:
        for number in range(rounds):
            name = f"revoked-{number}"
            bearer = site.bearer(name, site.put_token(site.manager, name))
            let_in = {}
            started = threading.Barrier(3)

            def poll(which: int) -> None:
                client = Client(site.servers[which].port, bearer)
                client.ask("GET", path, expect=(200,))
                started.wait()
                until = time.monotonic() + 10
                while (sent := time.monotonic()) < until:
                    answer, _ = client.ask("GET", path, expect=(200, 401))
                    if answer.status == 401:
                        return
                    let_in[which] = sent

            threads = [threading.Thread(target=poll, args=(which,)) for which in spans]
            for thread in threads:
                thread.start()
            started.wait()
            time.sleep(0.05)
            sent = time.monotonic()
            site.manager.ask("PATCH", f"{site.registry}/tokens/{name}?{API}", {"properties": {"status": "disabled"}})
            for thread in threads:
                thread.join()
            for which, found in spans.items():
                found.append(max(0.0, let_in.get(which, sent) - sent))
    finally:
        busy.terminate()
        busy.wait()
    print("\nA token is disabled while 16 clients pull:\n\n| | p50 | p99 | longest |\n|---|---|---|---|")
    for which, what in ((0, "the process that was told"), (1, "another process on the same data folder")):
        found = sorted(spans[which])
        at = [found[len(found) // 2], found[min(len(found) - 1, len(found) * 99 // 100)], found[-1]]
        print(f"| {what} | " + " | ".join(f"{span * 1000:.0f} ms" for span in at) + " |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("portcullis")
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Site(os.path.realpath(arguments.portcullis), folder := pathlib.Path(name)) as site:
        site.admin = site.put_token(site.manager, "admin")
        push_image(Client(site.servers[0].port, basic("admin", site.admin)))
        users = site.fill(arguments.tokens)
        print(f"{arguments.tokens:,} tokens in the registry, load average {os.getloadavg()[0]:.1f}.")
        issue(site, users, folder, arguments.seconds)
        base = manifests(site, ("admin", site.admin), folder, arguments.seconds)
        peer(folder, arguments.seconds, base)
        revocation(site, arguments.rounds)
        print(f"\nMost memory: {site.servers[0].memory_mib():.0f} MiB.")


if __name__ == "__main__":
    main()
