"""Processes that must not outlive this one, also when it is killed.

A small shell process reads the numbers of process groups from a pipe. The system closes the pipe when this process
ends, whatever ended it; then the shell kills the groups that are left. This works on every POSIX system.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading

_SCRIPT = """
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
"""


class ProcessGuard:
    """Kills the process groups that are added and not removed when this process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[str] | None = None

    def add(self, group: int) -> None:
        """Guard a process group: a process that was started with `start_new_session=True` leads one of its number."""
        self._send(f"+ {group}\n")

    def remove(self, group: int) -> None:
        """Forget a group that has ended."""
        self._send(f"- {group}\n")

    def _send(self, line: str) -> None:
        with self._lock:
            if self._shell is None:
                self._shell = subprocess.Popen(
                    ["sh", "-c", _SCRIPT],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    # Ctrl-C at the terminal must not end it.
                    start_new_session=True,
                )
            assert self._shell.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._shell.stdin.write(line)
                self._shell.stdin.flush()


guard = ProcessGuard()
"""The guard of this process."""
