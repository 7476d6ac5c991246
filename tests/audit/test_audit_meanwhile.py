"""What is published while an audit looks is not taken for damage."""

import subprocess
import sys
import threading

from tests.audit.damage import Scene, found


def test_an_audit_beside_runs_finds_nothing(scene: Scene) -> None:
    command = [sys.executable, "-m", "tests.audit.ingesting_process", str(scene.project.folder)]
    turns: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout
        reader = threading.Thread(target=lambda: turns.extend(lines), daemon=True)
        try:
            turns.append(process.stdout.readline())
            reader.start()
            audits = 0
            while len(turns) < 5 or audits < 8:
                report = scene.audit(sources=False)
                assert not found(report)
                assert report.exit_code == 0
                audits += 1
                assert process.poll() is None
        finally:
            process.terminate()
            process.wait()
            reader.join()
    # It was stopped wherever it was, perhaps while it took rights away.
    assert scene.audit(repair=True).exit_code == 0
