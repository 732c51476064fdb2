"""What the command costs beside azure-cli in the same run: the table of docs/benchmarks.md, "The command beside az".

usage: bench/command.py PORTCULLIS AZ [--rounds N]      AZ: azure-cli's `az`

Each row makes a token with two passwords, as one process from its start to its end, its login included. The rows take turns, so that a machine that
gets slower is slower for all. The server listens on loopback and ends with this program; azure-cli gets a configuration of its own.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import ssl
import urllib.request

from servers import free_port

GROUP, REGISTRY = "lnxtest", "lnxcr"


def run(words: list[str], env: dict) -> str:
    done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def measure(words: list[str], env: dict) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processors, MiB at most, of the process and those that it waited for."""
    begun = time.monotonic()
    process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(words)}\n{said.decode()}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def serve(binary: str, data: pathlib.Path, port: int, log) -> subprocess.Popen:
    url = f"https://localhost:{port}"
    server = subprocess.Popen(
        [binary, "serve", "--tls-self-signed", "--data", data, "--listen", f"127.0.0.1:{port}", "--public-url", url, "--default-registry", REGISTRY],
        stdout=log,
        stderr=log,
    )
    for _ in range(400):
        try:
            urllib.request.urlopen(f"{url}/readyz", context=ssl.create_default_context(cafile=data / "tls/ca.pem"))
            return server
        except (OSError, ssl.SSLError):
            if server.poll() is not None:
                break
            time.sleep(0.02)
    raise SystemExit("the server did not become ready")


def prepare(binary: str, az: str, env: dict, url: str, principal: dict) -> None:
    for data_env in (env, {**env, "PORTCULLIS_DATA": env["LOCAL_DATA"]}):
        run([binary, "New-AzResourceGroup", GROUP, "westus"], data_env)
        run([binary, "New-AzContainerRegistry", "-Name", REGISTRY, "-ResourceGroupName", GROUP, "-Sku", "Premium", "-Location", "westus"], data_env)
        scope_map = ["-Name", "pullers", "-RegistryName", REGISTRY, "-ResourceGroupName", GROUP, "-Action", "repositories/samples/app/content/read"]
        run([binary, "New-AzContainerRegistryScopeMap", *scope_map], data_env)
    run([az, "cloud", "register", "-n", "Local", "--endpoint-resource-manager", url], env)
    run([az, "cloud", "set", "-n", "Local"], env)
    login = ["-u", principal["clientId"], "-p", principal["clientSecret"], "--tenant", principal["tenantId"]]
    run([az, "login", "--service-principal", *login], env)


def rows(binary: str, az: str, env: dict, url: str, data: pathlib.Path) -> dict:
    """What to run for the n-th token, by the name of the row."""
    local = {**env, "PORTCULLIS_DATA": env["LOCAL_DATA"]}
    place = ["-RegistryName", REGISTRY, "-ResourceGroupName", GROUP, "-ScopeMapId", "pullers"]
    passwords = ["-CredentialsPassword", "@{Name='password1'},@{Name='password2'}"]
    cmdlet = lambda name: [binary, "New-AzContainerRegistryToken", "-Name", name, *place, *passwords]
    server = ["--endpoint", url, "--credentials-file", str(data / "service-principal.json")]
    short = ["-r", REGISTRY, "-g", GROUP, "--scope-map", "pullers"]
    return {
        "the command, local store": (lambda n: cmdlet(f"local{n:04}"), local),
        "the command, server": (lambda n: [*cmdlet(f"server{n:04}"), *server], env),
        "`portcullis token create`, server": (
            lambda n: [binary, "token", "create", f"words{n:04}", *short, "--endpoint", url, "--credentials-file", str(data / "service-principal.json")],
            env,
        ),
        "`az acr token create`, the same server": (lambda n: [az, "acr", "token", "create", "-n", f"az{n:06}", *short], env),
        "`portcullis --version`": (lambda n: [binary, "--version"], env),
        "`portcullis New-AzContainerRegistryToken -?`": (lambda n: [binary, "New-AzContainerRegistryToken", "-?"], env),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("portcullis")
    parser.add_argument("az")
    parser.add_argument("--rounds", type=int, default=15)
    words = parser.parse_args()
    binary = str(pathlib.Path(words.portcullis).resolve())
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as log:
        work, port = pathlib.Path(folder), free_port()
        data, url = work / "data", f"https://localhost:{port}"
        server = serve(binary, data, port, log)
        try:
            env = {
                "PATH": os.environ["PATH"], "HOME": folder, "PORTCULLIS_DATA": str(data), "LOCAL_DATA": str(work / "local"),
                "SSL_CERT_FILE": str(data / "tls/ca.pem"), "REQUESTS_CA_BUNDLE": str(data / "tls/ca.pem"), "AZURE_CONFIG_DIR": str(work / "az"),
                "AZURE_CORE_INSTANCE_DISCOVERY": "false", "AZURE_CORE_COLLECT_TELEMETRY": "no", "AZURE_CORE_SURVEY_MESSAGE": "no",
                "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
            }
            prepare(binary, words.az, env, url, json.loads((data / "service-principal.json").read_text()))
            report(rows(binary, words.az, env, url, data), words.rounds)
        finally:
            server.terminate()
            server.wait(20)


def report(rows: dict, rounds: int) -> None:
    seen = {what: [] for what in rows}
    for number in range(rounds + 1):
        for what, (command, env) in rows.items():
            measured = measure(command(number), env)
            # The first is to warm up.
            if number > 0:
                seen[what].append(measured)
    az = next(statistics.median(wall for wall, _, _ in measured) for what, measured in seen.items() if "az acr" in what)
    print("| | wall time, median | processor time, median | most memory | of az's time |\n|---|---|---|---|---|")
    for what, measured in seen.items():
        wall, cpu = (statistics.median(column) for column in list(zip(*measured))[:2])
        print(f"| {what} | {wall * 1000:.1f} ms | {cpu * 1000:.1f} ms | {max(memory for _, _, memory in measured):.0f} MiB | 1/{az / wall:.0f} |")


if __name__ == "__main__":
    main()
