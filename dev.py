"""Set up Tongqu in .venv and work on it: python3 dev.py COMMAND.

demo [options]     set up, then `tongqu demo`
check              set up, then every check (what a change must pass)
setup              set up only
test [options]     pytest
bench [name]       benchmarks/run.py, or travel (peers are installed for it) or another file there
run COMMAND ...    any command inside the environment: python3 dev.py run tongqu --help
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / "python")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
BESIDE = {"types": [BIN / "mypy"]}  # a minute of one processor, while the others go on
CHECKS = {
    "format": [BIN / "ruff", "format", "--check"],
    "lint": [BIN / "ruff", "check"],
    "imports": [BIN / "lint-imports"],
    "generated": [PYTHON, "tools/generate.py", "--check"],
    "tests": [PYTHON, "-m", "pytest", "-n", "auto", "--dist", "loadfile"],
}


def begin(command, *, cwd=ROOT, out=None):
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), "PYTHONUTF8": "1"}
    program = shutil.which(str(command[0]), path=path) or sys.exit(f"dev.py: there is no {command[0]}")
    full = [program, *map(str, command[1:])]
    return subprocess.Popen(full, cwd=cwd, env=env, stdout=out)


def call(command, *, cwd=ROOT, quiet=False):
    with begin(command, cwd=cwd, out=subprocess.DEVNULL if quiet else None) as process:
        return process.wait()


def must(*command):
    code = call(command)
    if code:
        sys.exit(f"dev.py: this failed with code {code}: {' '.join(map(str, command))}")


def make_environment():
    """Install what requirements.txt pins, then the project, unless the stamp says that it is done."""
    pins = b"".join((ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml"))
    place = f"{sys.version_info[0]}.{sys.version_info[1]} {ROOT}"
    want, stamp = f"{place} {hashlib.sha256(pins).hexdigest()}", VENV / "tongqu-stamp"
    have = stamp.read_text("utf-8") if stamp.exists() else ""
    if have == want:
        return
    uv = shutil.which("uv")
    if not have.startswith(place + " "):  # none yet, half made, moved, or of another Python
        if not uv and not importlib.util.find_spec("ensurepip"):
            sys.exit(
                "dev.py: this Python cannot make environments: ensurepip is missing. On Debian and Ubuntu:\n"
                f"    sudo apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            )
        shutil.rmtree(VENV, ignore_errors=True)
        must(*([uv, "venv", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]), VENV)
    stamp.unlink(missing_ok=True)
    print("dev.py: installing into .venv (once; a few minutes)", flush=True)
    install("--require-hashes", "-r", "requirements.txt")
    install("--no-deps", "--no-build-isolation", "-e", ".")
    stamp.write_text(want, "utf-8")


def install(*what):
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install"]
    must(*pip, "--quiet", *what)


def find_browser():
    """Chromium and Chinese fonts for the browser tests: install them where that is possible, else say how."""
    need = [] if any(map(shutil.which, CHROMIUM)) else ["chromium"]
    if sys.platform == "linux":
        query = ["fc-list", ":lang=zh", "family"]
        fonts = shutil.which("fc-list") and subprocess.run(query, capture_output=True, check=False).stdout
        need += [] if fonts else ["fontconfig", "fonts-noto-cjk"]
    if not need:
        return
    apt = shutil.which("apt-get")
    if apt and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("dev.py: installing for the browser tests:", *need, flush=True)
        quietly = ["env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
        call([*quietly, "update"], quiet=True)
        if call([*quietly, "install", "-y", "--no-install-recommends", *need], quiet=True) == 0:
            return
    how = f"sudo apt-get install {' '.join(need)}" if apt else "install them, the browser on the PATH"
    print(f"dev.py: the browser tests lack {', '.join(need)}: {how}", flush=True)


def check():
    failed, lines = [], []

    def ended(name, code, how):
        failed.extend([name] if code else [])
        lines.append(f"{'FAILED' if code else 'ok':>6}  {name:<10} {how}")
        print(f"=== {lines[-1].strip()}", flush=True)

    beside = {name: begin(command, out=subprocess.PIPE) for name, command in BESIDE.items()}
    try:
        for name, command in CHECKS.items():
            print(f"\n=== {name}", flush=True)
            start = time.monotonic()
            code = call(command)
            ended(name, code, f"{time.monotonic() - start:6.1f} s")
        for name, process in beside.items():
            print(f"\n=== {name}\n{process.communicate()[0].decode()}", end="", flush=True)
            ended(name, process.returncode, "beside the others")
    finally:
        for process in beside.values():
            process.kill()
    print("\n" + "\n".join(lines), flush=True)
    return 1 if failed else 0


def main(command="", *rest):
    if command not in ("demo", "check", "setup", "test", "bench", "run") or (command == "run" and not rest):
        sys.exit(__doc__)
    make_environment()
    if command in ("check", "setup"):
        find_browser()
    if command == "check":
        return check()
    if command == "setup":
        return 0
    if command in ("demo", "run"):
        return call(["tongqu", "demo", *rest] if command == "demo" else rest, cwd=Path.cwd())
    if command == "test":
        return call([PYTHON, "-m", "pytest", *rest])
    if rest[:1] == ("travel",):
        install("--require-hashes", "-r", "benchmarks/requirements.txt")
    named = rest and (ROOT / "benchmarks" / f"{rest[0]}.py").is_file()
    name, *options = rest if named else ("run", *rest)
    return call([PYTHON, f"benchmarks/{name}.py", *options])


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("Tongqu needs Python 3.11 or newer; this is Python " + sys.version.split()[0])
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
