"""Debian packages in a folder of one's own: fetched with their whole closure, unpacked, run in place.

For tests, demos and trials that need a program the host does not have. Nothing on the host changes: no
root, no chroot, no dpkg database, no maintainer script. Must not know which programs it is used for.

apt does the work with a private state whose list of installed packages is empty, so that it resolves the
closure down to libc; the unpacked programs then run through that tree's own dynamic loader.
"""

# ruff: noqa: S603, S607 - running apt, dpkg and tar, found on the PATH, with arguments of our own is what this module is for

import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIRROR_VARIABLE = "CADENCIA_DEBIAN_MIRROR"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
USABLE_SCHEMES = ("http://", "https://", "file:", "mirror+file:", "mirror+http:", "mirror+https:")

Report = Callable[[str], None]
"""Told, in one short phrase, which step begins."""


class DebianError(Exception):
    """Packages cannot be fetched or unpacked; the message says what is missing and how to mend it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What Debian calls the processor, and the two names that follow from it."""

    architecture: str
    triplet: str
    loader: str


MACHINES = {
    "amd64": Machine("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "arm64": Machine("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}


@dataclass(frozen=True, slots=True)
class Tree:
    """Unpacked packages below `root` (with usr/bin, usr/lib, ... in it) and the versions asked for."""

    root: Path
    machine: Machine
    versions: dict[str, str]

    def command(self, program: str, *arguments: str) -> list[str]:
        """The argv that runs `program` (a path inside the tree) with the tree's own loader and libraries.

        The libraries are given to the loader, not to the environment: what the program itself starts
        (shells, scripts) still runs with the host's.
        """
        return [str(self._loader), "--library-path", self._library_path(), str(self.root / program), *arguments]

    def wrap(self, program: str) -> Path:
        """Make `program` runnable by its path alone, for programs that start one another; returns that path.

        The binary moves aside and a script that calls the loader takes its place.
        """
        command = " ".join(map(shlex.quote, self.command(f"{program}.binary")))
        return self._replace_by_script(program, f'exec {command} "$@"')

    def adopt(
        self, program: str, *, subfolders: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> Path:
        """As `wrap`, for programs that find their files, or start themselves anew, by /proc/self/exe.

        The binary is told its loader for good, which needs the package patchelf in the tree. `subfolders` are
        further library folders, `environment` is set besides. The libraries are in the environment as well: do
        not use it for what starts the host's programs.
        """
        variables = {"LD_LIBRARY_PATH": self._library_path(*subfolders), **(environment or {})}
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        binary = shlex.quote(str(self.root / f"{program}.binary"))
        patch = self.command("usr/bin/patchelf", "--set-interpreter", str(self._loader), str(self.root / program))
        return self._replace_by_script(program, f'{exports}exec {binary} "$@"', patch)

    @property
    def _loader(self) -> Path:
        return self.root / "usr/lib" / self.machine.triplet / self.machine.loader

    def _library_path(self, *subfolders: str) -> str:
        libraries = self._loader.parent
        folders = (libraries, libraries / "perl-base", self.root / "usr/lib", *(self.root / one for one in subfolders))
        return ":".join(map(str, folders))

    def _replace_by_script(self, program: str, text: str, first: Sequence[str] = ()) -> Path:
        """Do it once, after running `first`, however many processes want it at the same time."""
        script = self.root / program
        binary = script.with_name(f"{script.name}.binary")
        with _locked(self.root.parent / "lock"):
            if binary.exists():
                return script
            if first:
                _run(first)
            fresh = script.with_name(f"{script.name}.new")
            fresh.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            fresh.chmod(0o755)
            script.rename(binary)
            fresh.rename(script)
        return script


def install(packages: Sequence[str], *, suite: str, home: Path, report: Report = lambda step: None) -> Tree:
    """Fetch and unpack `packages` of a Debian suite below `home`, once; later calls only read a stamp.

    `home` belongs to this set of packages alone. Safe to call from several processes at once: one does the
    work and the others wait. Raises DebianError.
    """
    home = home.absolute()
    machine = _machine()
    if (tree := _installed(home, packages, suite, machine)) is not None:
        return tree
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home / "lock"):
        if (tree := _installed(home, packages, suite, machine)) is not None:
            return tree
        environment = _private_apt(home, suite=suite, machine=machine)
        archives = _fetch(home, packages, environment, report)
        (home / "stamp.json").unlink(missing_ok=True)
        report(f"unpacking {len(archives)} packages")
        versions = _unpack(archives, home, packages)
        _write_stamp(home, packages, suite, versions)
        shutil.rmtree(home / "apt")
        return Tree(home / "tree", machine, versions)


def host_mirror() -> str:
    """The Debian mirror to use: the environment's, else the first one in the host's own apt configuration."""
    if chosen := os.environ.get(MIRROR_VARIABLE):
        return chosen.rstrip("/")
    listing = _run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)", "Created-By: Packages"], check=False
    )
    sources = [line.partition("|")[::2] for line in listing.splitlines()]
    usable = [(origin, uri.rstrip("/")) for origin, uri in sources if uri.startswith(USABLE_SCHEMES)]
    ranked = [
        *(uri for origin, uri in usable if origin == "Debian" and "security" not in uri),
        # Before the first `apt-get update` no origin is known, but the path is customary.
        *(uri for _, uri in usable if re.search(r"/debian$", uri)),
    ]
    if not ranked:
        raise DebianError(
            f"no Debian mirror in this host's apt configuration: set {MIRROR_VARIABLE} to a mirror's address"
        )
    return ranked[0]


def _machine() -> Machine:
    for program in ("apt-get", "dpkg", "dpkg-deb", "tar"):
        if shutil.which(program) is None:
            raise DebianError(
                f"{program} is missing: on Debian it is always there, elsewhere install the packages apt and dpkg"
            )
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    if architecture not in MACHINES:
        raise DebianError(f"architecture {architecture} is not supported (only {', '.join(MACHINES)})")
    return MACHINES[architecture]


def _installed(home: Path, packages: Sequence[str], suite: str, machine: Machine) -> Tree | None:
    try:
        stamp = json.loads((home / "stamp.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if (stamp["packages"], stamp["suite"]) != (list(packages), suite):
        return None
    return Tree(home / "tree", machine, stamp["versions"])


def _write_stamp(home: Path, packages: Sequence[str], suite: str, versions: dict[str, str]) -> None:
    fresh = home / "stamp.new"
    fresh.write_text(
        json.dumps({"packages": list(packages), "suite": suite, "versions": versions}, indent=2), encoding="utf-8"
    )
    fresh.replace(home / "stamp.json")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private_apt(home: Path, *, suite: str, machine: Machine) -> dict[str, str]:
    """Lay out an apt state of our own below home/apt and return the environment that makes apt use it."""
    if not KEYRING.is_file():
        raise DebianError(f"{KEYRING} is missing: install the package debian-archive-keyring")
    # Asked before APT_CONFIG points at the private state, which knows no mirror yet.
    mirror, proxies = host_mirror(), _host_proxies()
    apt = home / "apt"
    shutil.rmtree(apt, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    # A testing suite's Release file is valid for a week only, and mirrors lag; its signature is still checked.
    options = f"arch={machine.architecture} signed-by={KEYRING} check-valid-until=no"
    (apt / "etc/sources.list").write_text(f"deb [{options}] {mirror} {suite} main\n", encoding="utf-8")
    (apt / "apt.conf").write_text("\n".join([*_apt_settings(apt, machine), *proxies, ""]), encoding="utf-8")
    return {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}


def _apt_settings(apt: Path, machine: Machine) -> list[str]:
    settings = [
        f'Dir::State "{apt}/state"; Dir::State::status "{apt}/status"; Dir::Cache "{apt}/cache"; Dir::Etc "{apt}/etc";',
        'Dir::Etc::Trusted "/dev/null"; Dir::Etc::TrustedParts "/dev/null";',
        f'APT::Architecture "{machine.architecture}"; APT::Architectures {{ "{machine.architecture}"; }};',
        'APT::Install-Recommends "false"; Acquire::Languages "none";',
        'Acquire::Retries "3"; Acquire::http::Timeout "30";',
    ]
    if os.geteuid() == 0:
        # apt would drop to the user _apt, which cannot write a private folder.
        settings.append('APT::Sandbox::User "root";')
    return settings


def _host_proxies() -> list[str]:
    return [
        line
        for line in _run(["apt-config", "dump"]).splitlines()
        if re.match(r"Acquire::\S*proxy", line, re.IGNORECASE)
    ]


def _fetch(home: Path, packages: Sequence[str], environment: dict[str, str], report: Report) -> list[Path]:
    report("reading the package lists")
    _run(["apt-get", "-qq", "update"], environment=environment)
    report(f"fetching {', '.join(packages)} and what they need")
    _run(["apt-get", "-qq", "-y", "--download-only", "install", *packages], environment=environment)
    return sorted((home / "apt/cache/archives").glob("*.deb"))


def _unpack(archives: Sequence[Path], home: Path, packages: Sequence[str]) -> dict[str, str]:
    """Unpack into home/tree, replacing what was there, and return the versions of the packages asked for."""
    fresh, tree = home / "tree.new", home / "tree"
    shutil.rmtree(fresh, ignore_errors=True)
    # The merged-usr links belong to base-files, which no closure contains.
    for name in ("bin", "sbin", "lib", "lib64"):
        (fresh / "usr" / name).mkdir(parents=True)
        (fresh / name).symlink_to(f"usr/{name}")
    versions = {}
    for archive in archives:
        name, version = _run(["dpkg-deb", "--show", "--showformat", "${Package} ${Version}", str(archive)]).split()
        if name in packages:
            versions[name] = version
        _extract(archive, fresh)
    shutil.rmtree(tree, ignore_errors=True)
    fresh.rename(tree)
    return versions


def _extract(archive: Path, folder: Path) -> None:
    # dpkg-deb -x would replace the links above by real folders where an older suite ships /lib.
    tar = ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", str(folder), "-f", "-"]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as unpacker:
        done = subprocess.run(tar, stdin=unpacker.stdout, stderr=subprocess.PIPE, text=True, check=False)
    if unpacker.returncode or done.returncode:
        raise DebianError(f"{archive.name} cannot be unpacked into {folder}: {done.stderr.strip()}")


def _run(command: Sequence[str], *, environment: dict[str, str] | None = None, check: bool = True) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if check and done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise DebianError(
            f"{' '.join(command[:4])} ... failed: {reason}\n(another mirror can be named in {MIRROR_VARIABLE})"
        )
    return done.stdout
