"""Write docs/report.schema.json from the data model; `make schema` runs this."""

import json
from pathlib import Path

from readout_diff.datamodel import json_schema

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """What the file must hold."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
