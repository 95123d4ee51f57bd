"""The zip that a release has: python -m script.zip writes dist/evse_pilot.zip, which the Marketplace unpacks.

The same files make the same bytes, so that anyone with the tag can build it and compare.
"""

from pathlib import Path
import sys
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "custom_components/evse_pilot"
# Nothing can be older in a zip.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_zip(path: Path) -> None:
    """Write all files of the integration, without what Python has left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for file in sorted(SOURCE.rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            info = ZipInfo(file.relative_to(SOURCE).as_posix(), _EPOCH)
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
