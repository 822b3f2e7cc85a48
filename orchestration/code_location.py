"""The definitions, served once to the Dagster UI and its daemon, and loaded anew when a month arrives.

Left to themselves, the UI and the daemon each import the definitions, and the daemon does it again every
minute. A code server does it once, and both notice when it has loaded them anew. It listens on a socket in
a folder that only this user may enter: whoever reaches a code server can run code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from orchestration.partitions import covered_months
from runtime.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

NAME = "bank"
MODULE = "orchestration.definitions"


@contextmanager
def code_location(settings: Settings, instance: DagsterInstance) -> Iterator[CodeLocation]:
    """A code location with a socket of its own, as long as it is needed."""
    with TemporaryDirectory(prefix="bank-up-") as folder:  # a socket's path may have 107 bytes at most
        yield CodeLocation(settings, instance, Path(folder))


class CodeLocation:
    """Where the definitions are served, and the months that they were loaded for."""

    def __init__(self, settings: Settings, instance: DagsterInstance, folder: Path) -> None:
        self.socket = folder / "code.sock"
        self.workspace = folder / "workspace.yaml"
        server = {"grpc_server": {"socket": str(self.socket), "location_name": NAME}}
        self.workspace.write_text(yaml.safe_dump({"load_from": [server]}))
        self._settings = settings
        self._instance = instance
        self._months = covered_months(settings)

    def command(self) -> list[str]:
        """The code server as a process."""
        return [
            sys.executable, "-P", "-m", "dagster", "code-server", "start", "--log-level", "warning",
            "--socket", str(self.socket), "--location-name", NAME,
            "--working-directory", str(PROJECT_ROOT), "--module-name", MODULE,
        ]  # fmt: skip

    def answers(self) -> bool:
        """Whether the definitions are loaded (or could not be, which the UI shows)."""
        from dagster._core.errors import DagsterUserCodeProcessError, DagsterUserCodeUnreachableError

        try:
            self._origin().create_client().list_repositories()
        except DagsterUserCodeUnreachableError:
            return False
        except DagsterUserCodeProcessError:
            return True
        return True

    def reload_when_months_changed(self) -> tuple[str, str] | None:
        """Load the definitions anew when deliveries speak of other months than before; gives these months.

        Their partitions are fixed when they are loaded. Not while a run is under way: what it was started
        with stays as it is until it has ended.
        """
        from dagster import DagsterRunStatus, RunsFilter

        months = covered_months(self._settings)
        if months == self._months:
            return None
        busy = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
        if self._instance.get_runs_count(RunsFilter(statuses=busy)):
            return None
        self._origin().reload_location(self._instance)
        self._months = months
        return months

    def _origin(self) -> GrpcServerCodeLocationOrigin:
        from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

        return GrpcServerCodeLocationOrigin(host="localhost", socket=str(self.socket), location_name=NAME)
