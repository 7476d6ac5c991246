"""A git repository that a test changes, with commits at stated times."""

import os
import subprocess
from pathlib import Path

FIRST = 1_700_000_000
"""Time of the first commit; each further one is an hour later."""


class Repository:
    """At `root`, on branch main; each call of `commit` states its own author and time."""

    def __init__(self, root: Path, *, bare: bool = False) -> None:
        self.root = root
        self.commits = 0
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *(["--bare"] if bare else []), ".")

    def git(self, *arguments: str, **variables: str) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **_person("Ann Author"), **variables}
        ran = subprocess.run(["git", *arguments], cwd=self.root, env=env, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode().strip()

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", author: str = "Ann Author", time: int | None = None) -> str:
        """Of everything in the working tree; returns the commit's id."""
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", message, **self.next_moment(author, time))
        return self.git("rev-parse", "HEAD")

    def next_moment(self, author: str = "Ann Author", time: int | None = None) -> dict[str, str]:
        """Variables by which a command makes its commit as this person at this time, else an hour after the last."""
        moment = FIRST + 3600 * self.commits if time is None else time
        self.commits += 1
        return {**_person(author), "GIT_AUTHOR_DATE": f"{moment} +0000", "GIT_COMMITTER_DATE": f"{moment} +0000"}

    def put(self, path: str, content: str | bytes, time: int | None = None) -> str:
        self.write(path, content)
        return self.commit(time=time)


def _person(name: str) -> dict[str, str]:
    mail = f"{name.lower().replace(' ', '.')}@example.com"
    return {
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
    }  # fmt: skip
