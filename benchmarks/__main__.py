"""`python -m benchmarks NAME [options]`, for `make bench NAME=… ARGS=…`; every benchmark has a `main(arguments)`."""

import importlib
import sys
from pathlib import Path

OURS = ("__init__", "__main__", "report")


def known() -> dict[str, str]:
    """Return all benchmarks, modules of this folder that have a `main`, by name; `import_` is called `import`."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in OURS)
    with_main = (each for each in modules if hasattr(importlib.import_module(f"benchmarks.{each}"), "main"))
    return {each.rstrip("_"): each for each in with_main}


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    names = known()
    if name not in names:
        sys.exit(f"no benchmark {name!r}; there is: {', '.join(names)}")
    importlib.import_module(f"benchmarks.{names[name]}").main(arguments)


if __name__ == "__main__":
    main()
