"""test_dist.py - the archive of the source: the same bytes each time, all that is
committed and nothing else, and it can be configured. Left out where the source is no
repository of git, as in that archive itself.
"""
import os
import subprocess
import tarfile
import unittest

import harness


def git(*arguments):
    return subprocess.run(["git", "-C", str(harness.SOURCE), *arguments], text=True,
                          capture_output=True, check=True).stdout


def is_repository():
    try:
        return bool(git("rev-parse", "--verify", "HEAD"))
    except (OSError, subprocess.CalledProcessError):
        return False


@unittest.skipUnless(is_repository(), "no repository of git")
class Dist(harness.Case):
    def setUp(self):
        super().setUp()
        if harness.Setup.small:
            self.skipTest("has nothing to do with how the program is built")

    def dist(self, folder, umask, **environment):
        (self.folder / folder).mkdir()
        subprocess.run(["sh", harness.SOURCE / "cmd" / "package" / "dist", "1.2.3",
                        self.folder / folder], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, **environment),
                       preexec_fn=lambda: os.umask(umask))
        self.assertEqual(sorted(p.name for p in (self.folder / folder).iterdir()),
                         ["espoload-1.2.3.tar.gz", "espoload-1.2.3.tar.gz.sha256"])
        return self.folder / folder / "espoload-1.2.3.tar.gz"

    def test_same_bytes(self):
        first = self.dist("a", 0o022, TZ="UTC", LC_ALL="C.UTF-8")
        second = self.dist("b", 0o077, TZ="Asia/Tokyo", LC_ALL="C")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        subprocess.run(["sha256sum", "-c", "--quiet", "espoload-1.2.3.tar.gz.sha256"],
                       cwd=first.parent, check=True)

    def test_content(self):
        time = int(git("log", "-1", "--format=%ct"))
        archive = self.dist("a", 0o022)
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
            tar.extractall(self.folder)
        files = sorted(m.name.split("/", 1)[1] for m in members if not m.isdir())
        tree = git("ls-tree", "-rz", "--name-only", "HEAD").split("\0")[:-1]
        self.assertEqual(files, sorted(tree))
        self.assertEqual({m.mtime for m in members}, {time})
        self.assertEqual({(m.uname, m.gname) for m in members}, {("root", "root")})
        done = subprocess.run(
            ["cmake", "-S", self.folder / "espoload-1.2.3", "-B", self.folder / "build",
             "-DESPOLOAD_TESTS=OFF"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
