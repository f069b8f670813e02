"""``make fuzz``: any bytes into the readers, guided by the code they reach. No test: minutes.

Needs the extra ``fuzz`` (atheris). An input that breaks a property is written to the corpus folder
as ``crash-…``; it belongs into ``tests/fixtures/fuzz`` with the repair, where the tests read it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

FOUND = Path(__file__).resolve().parents[1] / "fixtures" / "fuzz"
SEEDS = (
    "Mã,Tên,Hạn\nNV-1,Một việc,31/12/2025\nNV-2,Hai việc,12/2025\n",
    'a;b\r\n"x;y";1\r\n"z""w";2\r\n',
    "DANH MỤC\n\nSTT\tMã\n1\tA\n2\tB\n",
    '[{"a":1,"b":[1,2]},{"a":"x","c":{"d":null}}]',
    '{"data":{"items":[{"a":1.5e3}],"total":1}}',
    '[{"maDonVi":"01","duLieuBaoCao":[{"maChiTieu":"A","dulieu":[{"giaTri":"1"}]}]}]',
    '{"a":1}\n{"a":2}\n',
    '\x1e{"items":[]}\n\x1e{"items":[{"a":1}]}\n',
    '<?xml version="1.0"?><a xmlns="urn:x"><b c="1"><d>e</d></b><b/></a>',
)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seconds", type=int, default=120, help="how long (default 120)")
    options.add_argument("--corpus", type=Path, help="folder of inputs to keep between runs")
    chosen = options.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install 'task-warehouse[fuzz]'")
    with atheris.instrument_imports(include=["task_warehouse.reading"]):
        from task_warehouse.reading import delimited, json_records, workbook, xml_records
        from tests.fuzz.properties import KINDS, examine

        assert all((delimited, json_records, workbook, xml_records))
    with tempfile.TemporaryDirectory(prefix="task-warehouse-fuzz-") as scratch:
        corpus = chosen.corpus or Path(scratch) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS):
            for kind in range(len(KINDS)):
                path = corpus / f"seed-{number}-{kind}"
                path.write_bytes(bytes((kind,)) + seed.encode())
        for path in FOUND.iterdir() if FOUND.is_dir() else ():
            (corpus / path.name).write_bytes(path.read_bytes())
        folder = Path(scratch)
        arguments = [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={chosen.seconds}",
            "-max_len=4096",
            "-timeout=20",
            "-rss_limit_mb=4096",
            f"-artifact_prefix={corpus}/",
            "-print_final_stats=1",
        ]

        def examine_and_keep(octets: bytes) -> None:
            try:
                examine(octets, folder)
            except Exception:
                kept = corpus / f"crash-{hashlib.sha256(octets).hexdigest()[:16]}"
                kept.write_bytes(octets)
                print(f"broken by {kept}: {octets!r}")
                raise

        atheris.Setup(arguments, examine_and_keep)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
