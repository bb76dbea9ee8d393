"""The program that sets pages in a process of its own, within limits: `pdf_compile.py <folder> <memory> <seconds>`.

The folder holds `pdf.typ`, `report.json` and perhaps `logo.png`; `report.pdf` is written into it. Nothing outside the
folder can be read by the source.
"""

import resource
import sys
from pathlib import Path

import typst

FONTS = Path(__file__).parent / "fonts"


def main() -> None:
    """Set the pages, and write them as PDF/UA."""
    folder, memory, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    compiler = typst.Compiler(folder / "pdf.typ", root=folder, font_paths=[FONTS])
    try:
        compiler.compile(output=folder / "report.pdf", pdf_standards="ua-1")
    except typst.TypstError as error:
        # PDF/UA refuses a sign that no font has; a tagged file shows a box for it
        if "could not be displayed" not in error.message:
            raise
        compiler.compile(output=folder / "report.pdf")


if __name__ == "__main__":
    main()
