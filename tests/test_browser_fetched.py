"""A browser for the tests is found, or fetched from where it can be, and its absence is no secret."""

from pathlib import Path
import shutil

import pytest

from script import browser

STARTS = "#!/bin/sh\necho Chromium 1\n"
# The package of some distributions only prints where to get another one.
IS_A_NOTICE = "#!/bin/sh\nexit 1\n"


def _program(path: Path, text: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on the PATH of a machine without a network and without a browser."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:1")
    monkeypatch.setattr(browser, "FOLDER", tmp_path / "browsers")
    monkeypatch.setattr(browser, "LOG", tmp_path / "browser.log")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return folder


def test_one_that_starts(programs: Path) -> None:
    """The first browser that starts is taken: of the machine, else the one that was fetched before."""
    assert browser.find() is None
    fetched = _program(browser.FOLDER / "chromium-1/chrome-linux64/chrome", STARTS)
    _program(programs / "chromium-browser", IS_A_NOTICE)
    assert browser.find() == str(fetched)
    own = _program(programs / "google-chrome", STARTS)
    assert browser.find() == str(own)
    assert browser.main() == 0
    assert not browser.LOG.exists()


def test_none_to_be_had(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a network one line shows that there is none; the reason is in the log."""
    assert browser.main() == 1
    assert "the browser tests are skipped." in capsys.readouterr().err
    assert "127.0.0.1:1" in browser.LOG.read_text(encoding="utf-8")


@pytest.mark.parametrize(("user", "result"), [(0, 0), (1000, 1)])
def test_the_package_of_the_distribution(
    programs: Path, monkeypatch: pytest.MonkeyPatch, user: int, result: int
) -> None:
    """Where Playwright's own cannot be fetched, root gets the package; another user gets nothing installed."""
    [sh, cp] = [shutil.which(name, path="/usr/bin:/bin") for name in ("sh", "cp")]
    package = _program(programs.parent / "package", STARTS)
    _program(
        programs / "apt-get",
        f'#!{sh}\ncase "$*" in *"install chromium") {cp} "{package}" "{programs}/chromium" ;; esac\n',
    )
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert browser.main() == result
    assert (browser.find() is not None) == (result == 0)
