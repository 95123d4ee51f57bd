"""The zip that a release has: python -m script.zip writes dist/evse_pilot.zip, which the Marketplace unpacks.

The same files make the same bytes, so that anyone with the tag can build it and compare.
"""

from pathlib import Path
import subprocess
import sys
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "custom_components/evse_pilot"
# Nothing can be older in a zip.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def tracked(folder: Path) -> list[Path]:
    """Return the files of a folder that git tracks, sorted; SystemExit where git knows none of them."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    except FileNotFoundError:
        raise SystemExit("git is needed: only what it tracks is packed.") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"Only what git tracks is packed, from a clone: {error.stderr.strip()}") from error
    files = sorted(folder / name for name in listed.split("\0") if name)
    if not files:
        raise SystemExit(f"Only what git tracks is packed, from a clone: it tracks nothing in {folder}.")
    return files


def write_zip(path: Path, source: Path = SOURCE) -> None:
    """Write all files of the integration that git tracks: what lies beside them was never reviewed."""
    files = tracked(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for file in files:
            info = ZipInfo(file.relative_to(source).as_posix(), _EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.read_bytes())


def main() -> None:
    """Write it to dist/."""
    path = ROOT / "dist/evse_pilot.zip"
    write_zip(path)
    sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
