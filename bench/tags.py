"""Whether what is asked of a registry costs the same with many tags in it: the table of docs/benchmarks.md, "Many tags".

usage: bench/tags.py PORTCULLIS [--tags N] [--in-one N] [--seconds S]

Tags are pushed one by one, with the same small image behind all of a repository. Needs wrk. Everything listens on loopback and ends with this program.
"""

import argparse
import os
import pathlib
import tempfile

from access import Site
from servers import MANIFEST, REPOSITORY, Client, Server, basic, load, push_image

HERE = pathlib.Path(__file__).parent
SECONDS_OF_GROWTH = 3
PUSHERS = 64
COLUMNS = ("a manifest by its tag", "a hundred tags of a list", "a hundred repositories", "a tag pushed")


class Many:
    """A registry whose largest repository and whose others grow."""

    def __init__(self, site: Site, folder: pathlib.Path):
        self.site, self.folder = site, folder
        self.authorization = basic("admin", site.admin)
        self.manifest = folder / "manifest"
        client = self.client()
        push_image(client)
        self.manifest.write_bytes(client.ask("GET", f"/v2/{REPOSITORY}/manifests/v1", accept=MANIFEST)[1])
        self.in_one = self.in_others = self.others = 0

    @property
    def server(self) -> Server:
        return self.site.servers[0]

    def client(self) -> Client:
        return Client(self.server.port, self.authorization)

    def script(self, name: str, **values: object) -> str:
        text = (HERE / name).read_text()
        for what, value in values.items():
            text = text.replace(what.upper(), str(value))
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def push(self, repository: str, seconds: int, after: int = 0) -> dict:
        script = self.script("push_tags.lua", manifest=self.manifest, media_type=MANIFEST, repository=repository, first=after)
        measured = load(self.server, seconds, "/", f"Authorization: {self.authorization}", script=script, connections=PUSHERS)
        # The end cuts off one of each connection.
        return {**measured, "pushed": max(measured["requests"] - PUSHERS, 0)}

    def grow(self, in_one: int, in_all: int) -> None:
        while self.in_one < in_one:
            self.in_one += self.push(REPOSITORY, SECONDS_OF_GROWTH, self.in_one)["pushed"]
        while self.in_one + self.in_others < in_all:
            self.others += 1
            repository = f"others/{self.others:04}"
            push_image(self.client(), repository)
            self.in_others += self.push(repository, SECONDS_OF_GROWTH)["pushed"]

    def measure(self, seconds: int) -> list[dict]:
        header = f"Authorization: {self.authorization}"
        by_tag = self.script("any_tag.lua", path=f"/v2/{REPOSITORY}/manifests/t%07d", count=self.in_one)
        listed = f"/v2/{REPOSITORY}/tags/list?n=100&last=t%07d"
        read = [load(self.server, seconds, "/", header, script=by_tag), load(self.server, seconds, "/", header, script=self.script("any_tag.lua", path=listed, count=self.in_one))]
        read.append(load(self.server, seconds, "/v2/_catalog?n=100", header))
        pushed = self.push(REPOSITORY, seconds, self.in_one)
        self.in_one += pushed["pushed"]
        return [*read, pushed]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("portcullis")
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument("--in-one", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Site(os.path.realpath(arguments.portcullis), folder := pathlib.Path(name)) as site:
        site.admin = site.put_token(site.manager, "admin")
        many = Many(site, folder)
        print(f"Per CPU-second, 16 clients, {PUSHERS} push:\n\n| tags in the repository | in the registry | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 2)}", flush=True)
        for in_one, in_all in ((1_000, 1_000), (arguments.in_one, arguments.in_one), (arguments.in_one, arguments.tags)):
            many.grow(in_one, in_all)
            counts = f"| {many.in_one:,} | {many.in_one + many.in_others:,} |"
            print(counts, " | ".join(f"{it['per_cpu']:,.0f}" for it in many.measure(arguments.seconds)), "|", flush=True)
        print(f"\nMost memory: {site.servers[0].memory_mib():.0f} MiB.")


if __name__ == "__main__":
    main()
