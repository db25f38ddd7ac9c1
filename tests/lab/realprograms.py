"""Where the real programs are that scenarios run, and why a scenario must be skipped."""

from __future__ import annotations

import functools
import glob
import importlib.util
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


def missing(needs: tuple[str, ...], venv: Path) -> str:
    """Why a scenario with these needs cannot run; empty when it can."""
    for need in needs:
        if need == "requests":
            if not python_with_requests(venv):
                return "Python's requests is not installed and pip could not fetch it"
        elif need == "postgres":
            if not postgres_binary() or not has_user("postgres"):
                return "there is no PostgreSQL server with its user"
        elif not shutil.which(need):
            return f"there is no program `{need}`"
    return ""


@functools.cache
def python_with_requests(venv: Path) -> str:
    """An interpreter that has requests: this one, or one in a temporary environment."""
    if importlib.util.find_spec("requests"):
        return sys.executable
    subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True)
    python = venv / "bin/python"
    done = subprocess.run([python, "-m", "pip", "install", "-q", "requests"], capture_output=True)
    return str(python) if done.returncode == 0 else ""


def postgres_binary() -> str:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return shutil.which("postgres") or (found[-1] if found else "")


def has_user(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def names(work: Path, venv: Path, needs: tuple[str, ...]) -> dict[str, str]:
    """What scenarios may name in braces: programs and folders."""
    as_postgres = "setpriv --reuid=postgres --regid=postgres --clear-groups"
    binary = postgres_binary()
    return {
        "work": str(work),
        "programs": str(PROGRAMS),
        "cert": str(work / "cert.pem"),
        "python": sys.executable,
        "requests_python": python_with_requests(venv) if "requests" in needs else "",
        "initdb": f"install -d -o postgres {work}/pg && "
        f"{as_postgres} {Path(binary).parent}/initdb -N -A trust -D {work}/pg >/dev/null && "
        f"printf 'host all all all trust\\n' >> {work}/pg/pg_hba.conf",
        "postgres": f'{as_postgres} {binary} -D {work}/pg -k "" -c listen_addresses=* -c fsync=off',
    }


def write_nginx(work: Path, port: int, directives: str) -> None:
    """A prefix folder for nginx with its configuration."""
    text = (PROGRAMS / "nginx.conf").read_text()
    (work / "nginx.conf").write_text(text.replace("PORT", str(port), 2).replace("DIRECTIVES", directives))
