"""Every record of a text file is loaded, left out and counted, or the file refused."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recsql.engine.column_types import Wanted
from recsql.engine.loader import Loaded, load_table
from recsql.engine.text_tables import Options
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.texts.dialect import Given

HEADER = "user_id,item_id,event_at\n"
DAY = date(2025, 1, 5)
ANN = "ann,tea,2025-01-05\n"
BOB = "bob,tea,2025-01-06\n"
GROW = (
    HEADER
    + "ann,tea,2025-01-05\nbob,tea,2025-01-06\nann,cup,2025-01-07\n"
    + "user_id,item_id,event_at,channel\nann,tea,2025-03-05,web\n"
    + "bob,cup,2025-03-06,web\ncat,tea,2025-03-07,web\n"
)
RAGGED = (
    HEADER
    + "ann,tea,2025-01-05\nbob,tea,2025-01-06\n"
    + 'ann,"Mug, blue",2025-01-07\nbob,Mug, blue,2025-01-08\n'
)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with open_warehouse(None, {}) as opened:
        yield opened


class Door:
    """Loads texts as files of a folder of its own."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.folder, self.warehouse = folder, warehouse
        self.loaded: Loaded

    def load(
        self, *texts: str | bytes, suffix: str = ".csv", most: float = 0.0, **said: Any
    ) -> list[tuple[Any, ...]]:
        paths = []
        for number, text in enumerate(texts):
            path = self.folder / f"f{number}{suffix}"
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            paths.append(str(path))
        wanted = {k: said.pop(k) for k in ("date_format", "decimal") if k in said}
        options = Options(
            Given(**{k: v for k, v in said.items() if k != "types"}),
            Wanted(said.get("types", {}), **wanted),
            most,
        )
        self.loaded = load_table(self.warehouse, "raw", "t", paths, options)
        return self.warehouse.rows("from raw.t")

    def refusal(self, *texts: str | bytes, **said: Any) -> str:
        self.warehouse.rows("create schema if not exists raw")
        self.warehouse.rows("create or replace table raw.t as select 'before' as a")
        with pytest.raises(InputError) as caught:
            self.load(*texts, **said)
        assert self.warehouse.rows("from raw.t") == [("before",)]
        assert "\n" not in str(caught.value)
        return str(caught.value).replace(f"{self.folder}/", "")

    @property
    def left_out(self) -> dict[str, tuple[int, str]]:
        return {
            m.reason: (m.lines, m.first.replace(f"{self.folder}/", ""))
            for m in self.loaded.malformed
        }

    @property
    def types(self) -> dict[str, str]:
        return dict(self.loaded.columns)


@pytest.fixture
def door(tmp_path: Path, warehouse: Warehouse) -> Door:
    return Door(tmp_path, warehouse)


def test_a_file_that_grows_a_column(door: Door) -> None:
    said = door.refusal(GROW)
    assert "f0.csv line 5: 4 columns where the header has 3" in said
    assert '"user_id,item_id,event_at,channel"' in said
    assert "second header" in said
    wider = door.refusal(HEADER + ANN * 1000 + "ann,tea,2025-03-05,web\n" * 500)
    assert "f0.csv line 1002: 4 columns where the header has 3" in wider
    assert len(door.load(GROW, most=0.6)) == 3
    assert door.left_out == {"too many columns": (4, "f0.csv line 5")}


def test_a_ragged_line(door: Door) -> None:
    said = door.refusal(RAGGED)
    assert 'f0.csv line 5: 4 columns where the header has 3: "bob,Mug, blue,' in said
    assert "--max-malformed" in said
    rows = door.load(RAGGED, most=0.25)
    assert [row[1] for row in rows] == ["tea", "tea", "Mug, blue"]
    assert door.left_out == {"too many columns": (1, "f0.csv line 5")}
    assert "25.00% of the lines" in door.refusal(RAGGED, most=0.2)
    for wrong in ("bob,tea\n", "bob,tea,2025-01-05,\n", "bob\n", "  \n", "#bob\n"):
        text = HEADER + ANN * 2000 + wrong + ANN * 20
        assert "f0.csv line 2002: " in door.refusal(text)
        assert len(door.load(text, most=0.01)) == 2020
        assert sum(n for n, _ in door.left_out.values()) == 1


@pytest.mark.parametrize("wrong", ['bob,"tea,2025-01-06\n', 'bob,"tea"x,2025-01-06\n'])
def test_a_quote_costs_its_own_line_only(door: Door, wrong: str) -> None:
    text = HEADER + ANN + wrong + ANN * 3 + 'ann,"green ""tea""",2025-01-07\n' + ANN
    assert "f0.csv line 3: " in door.refusal(text)
    assert len(door.load(text, most=0.5)) == 6
    assert [n for n, _ in door.left_out.values()] == [1]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ('"a;b"\n1\n', "whose name holds a delimiter", 1),
        ("Report, final\n" + HEADER + ANN, "3 columns where the header has 2", 2),
        ("Report of 2025\n\n" + HEADER + ANN, "delete what stands above it", 3),
        ("# made by x\n" + HEADER + ANN, "3 columns where the header has 1", 2),
        ("user~item\nann~tea\n", "Name the delimiter (--delimiter '~')", 1),
        ("user:item\n", "Name the delimiter (--delimiter ':')", 1),
        ("user\x01item\nann\x01tea\n", r"(--delimiter '\x01')", 1),
        ("user\u00a6item\nann\u00a6tea, x\n", "whose name holds a delimiter", 1),
        (
            "user id at\nann tea 2\nbob tea 3\n",
            "Name the delimiter (--delimiter ' ')",
            1,
        ),
        ("user\x00,item\nann,tea\n", "bytes that are no text", 1),
        (ANN + BOB, "looks like data", 1),
        ("1,31,2.5,1260759144\n", "looks like data", 1),
        (HEADER + ANN + HEADER + BOB, "the header stands here again", 3),
        ('a,"b\n1,2\n', "a quote opens", 1),
    ],
)
def test_a_header_that_is_none(door: Door, text: str, said: str, line: int) -> None:
    refusal = door.refusal(text)
    assert said in refusal
    assert f"line {line}: " in refusal


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Customer ID", ["7", "ann b"]),
        ("item-no", ["a-1"]),
        ("a:b", ["1", "2"]),
        ('"of\nshop"', ["x"]),
    ],
)
def test_one_column_may_have_any_name(door: Door, name: str, rows: list[str]) -> None:
    assert len(door.load("\n".join([name, *rows, ""]))) == len(rows)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04" + bytes(30), "an Excel or zip file"),
        (b"PAR1" + bytes(30), "should end in .parquet"),
        (b"\x1f\x8b\x08" + bytes(30), "should end in .gz"),
        (b"\n<!DOCTYPE html>\n<html>", "HTML or XML"),
        (b'\xef\xbb\xbf[{"user": 1}]', "JSON"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"SQLite format 3\0", "sqlite:///"),
    ],
)
def test_another_kind_of_file_by_the_name_of_a_text(
    door: Door, data: bytes, said: str
) -> None:
    assert said in door.refusal(data)


def test_a_file_without_a_header(door: Door) -> None:
    columns = ("user_id", "item_id", "event_at")
    assert door.load(ANN, columns=columns) == [("ann", "tea", DAY)]
    assert tuple(door.types) == columns
    assert "--columns names 2" in door.refusal(ANN, columns=("a", "b"))
    door.load("ann,tea\nbob,tea\n")
    assert any("--columns" in note for note in door.loaded.notes)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ANN + BOB,
        HEADER + ANN + BOB[:-1],
        (HEADER + ANN + BOB).replace("\n", "\r\n"),
        (HEADER + ANN + BOB).replace("\n", "\r"),
        HEADER + ANN.replace("\n", "\r\n") + BOB,
        HEADER.replace("\n", "\r\n") + ANN + BOB.replace("\n", "\r"),
        HEADER + ANN + "\n\n" + BOB + "\n",
        "\n\n" + HEADER + ANN + BOB,
        (HEADER + ANN + BOB).replace(",", ";"),
        (HEADER + ANN + BOB).replace(",", "\t"),
        (HEADER + ANN + BOB).replace(",", "|"),
        "sep=;\n" + (HEADER + ANN + BOB).replace(",", ";"),
        "sep=;\r\n" + (HEADER + ANN + BOB).replace(",", ";").replace("\n", "\r\n"),
        "\ufeff" + HEADER + ANN + BOB,
        "\ufeffsep=,\n" + HEADER + ANN + BOB,
        HEADER + ANN.replace("tea", '"tea"') + BOB,
        "'user_id','item_id','event_at'\n" + ANN.replace("tea", "'tea'") + BOB,
        (HEADER + ANN + BOB).replace("tea", '"tea"').replace(",", ", "),
    ],
)
def test_ways_of_writing_the_same_two_rows(door: Door, text: str) -> None:
    assert door.load(text) == [("ann", "tea", DAY), ("bob", "tea", date(2025, 1, 6))]
    assert tuple(door.types) == ("user_id", "item_id", "event_at")


def test_values_stay_as_they_are_written(door: Door) -> None:
    text = 'a,b\n#x,"one\ntwo\r\nthree"\n#,5" pipe\nC:\\temp,""\n x ,6" \0pipe\n'
    assert door.load(text) == [
        ("#x", "one\ntwo\r\nthree"),
        ("#", '5" pipe'),
        ("C:\\temp", None),
        (" x ", '6" \0pipe'),
    ]
    assert door.load('a\n1\n\n""\n2\n') == [(1,), (None,), (2,)]
    assert door.load('a,b\n1,"say \\"hi\\", x"\n', escape="\\")[0][1] == 'say "hi", x'
    assert door.load("a~b\nx~'1~2'\n", delimiter="~", quote="'") == [("x", "1~2")]


def test_names_of_columns(door: Door) -> None:
    assert door.load("order,select,Größe\n1,2,x\n") == [(1, 2, "x")]
    door.load("a,A,,a\n1,2,3,4\n")
    assert tuple(door.types) == ("a", "A_1", "column2", "a_2")
    assert "A_1, column2, a_2" in door.loaded.notes[0]
    assert door.load(HEADER) == []
    assert "is empty" in door.refusal("")
    assert "is empty" in door.refusal("\n\n")


def test_files_of_one_load_are_joined_by_name(door: Door) -> None:
    assert door.load("a,b\n1,2\n", "c,A\nx,2.5\n", "b\n\n") == [
        (1.0, 2, None),
        (2.5, None, "x"),
    ]


def test_compressed_files(door: Door) -> None:
    text = (HEADER + ANN * 3).encode()
    assert len(door.load(gzip.compress(text), suffix=".csv.gz")) == 3
    zstd = pa.Codec("zstd").compress(text, asbytes=True)
    assert len(door.load(zstd, suffix=".csv.zst")) == 3
    torn = gzip.compress((HEADER + ANN * 999).encode())[:-20]
    assert "cannot be read" in door.refusal(torn, suffix=".csv.gz")
    assert "cannot be read" in door.refusal(text, suffix=".csv.gz")
    wrong = gzip.compress(text + b"x\n")
    assert "line 5: 1 columns" in door.refusal(wrong, suffix=".csv.gz")


def test_encodings(door: Door) -> None:
    text = HEADER + "ann,crème 5€,2025-01-05\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert door.load(text.encode(encoding))[0][1] == "crème 5€", encoding
    for encoding in ("cp1252", "utf-16-le", "cp1254"):
        rows = door.load(text.encode(encoding), encoding=encoding)
        assert rows[0][1] == "crème 5€", encoding
    latin = text.replace("€", "").encode("latin-1")
    assert door.load(latin, encoding="latin-1")[0][1] == "crème 5"
    many = HEADER.encode() + ANN.encode() * 100_000 + latin[len(HEADER) :]
    for data, line in ((latin, 2), (many, 100_002)):
        said = door.refusal(data)
        assert f"line {line}: its bytes are no UTF-8" in said
        assert "--encoding cp1252" in said
        assert "max-malformed" not in said
    assert "no UTF-8" in door.refusal("usér,b\n1,2\n".encode("latin-1"))
    assert "utf-16-le" in door.refusal(text.encode("utf-16-le"))
    assert "line 2: byte 0x81" in door.refusal(b"a,b\n\x81,x\n", encoding="cp1252")
    said = door.refusal(text, encoding="utf-16")
    assert "no UTF-16 with a byte-order mark: --encoding utf-16-le" in said
    assert '"klingon" is not known' in door.refusal(text, encoding="klingon")
    assert "byte-order mark" in door.refusal(text.encode("utf-16"), encoding="latin-1")


@pytest.mark.parametrize(
    ("texts", "kind", "value"),
    [
        (["007", "1"], "VARCHAR", "007"),
        (["12", "-3"], "BIGINT", 12),
        (["12", "3.0"], "DOUBLE", 12.0),
        ([".5", "1e-05"], "DOUBLE", 0.5),
        (["9" * 20, "1"], "VARCHAR", "9" * 20),
        (["1234567890123456789", "1.5"], "VARCHAR", "1234567890123456789"),
        (["+491701", "1"], "VARCHAR", "+491701"),
        (["12E4", "8"], "VARCHAR", "12E4"),
        (["1E+05", "1.2e3"], "DOUBLE", 1e5),
        (["true", "FALSE"], "BOOLEAN", True),
        (["t", "F"], "VARCHAR", "t"),
        (["2025-01-05", "2025-02-28"], "DATE", DAY),
        (["2025-02-30", "2025-01-05"], "VARCHAR", "2025-02-30"),
        (["2025-01-05", "2025-01-05T10:00"], "TIMESTAMP", datetime(2025, 1, 5)),
        (["2025-01-05 10:00 PM"], "VARCHAR", "2025-01-05 10:00 PM"),
        (
            ["05.01.2025 8:26", "31.1.2025 18:00"],
            "TIMESTAMP",
            datetime(2025, 1, 5, 8, 26),
        ),
        (["1/31/2025 8:26 PM"], "TIMESTAMP", datetime(2025, 1, 31, 20, 26)),
        (["5 Jan 2025"], "DATE", DAY),
        (["12", "n/a"], "VARCHAR", "12"),
        (["1_000"], "VARCHAR", "1_000"),
        (["0x10"], "VARCHAR", "0x10"),
        (["nan", "1.5"], "VARCHAR", "nan"),
    ],
)
def test_a_type_is_what_every_value_is(
    door: Door, texts: list[str], kind: str, value: Any
) -> None:
    rows = door.load("a,b\n" + "".join(f"{text},x\n" for text in texts))
    assert (door.types["a"], rows[0][0]) == (kind, value)


def test_times_with_an_offset(door: Door) -> None:
    door.load("a,b\n2025-01-05T10:00:00+02:00,x\n2025-01-05 10:00:00Z,x\n")
    assert door.types["a"] == "TIMESTAMP WITH TIME ZONE"
    assert door.warehouse.rows("select epoch(a) from raw.t") == [
        (1736064000.0,),
        (1736071200.0,),
    ]


def test_dates_that_can_be_read_in_two_ways(door: Door) -> None:
    text = "a,d\n1,05/01/2025\n"
    assert door.load(text) == [(1, DAY)]
    (note,) = door.loaded.notes
    assert "are read as %d/%m/%Y" in note
    assert "%m/%d/%Y" in note
    assert "--date-format" in note
    assert door.load(text, date_format="%m/%d/%Y") == [(1, date(2025, 5, 1))]
    assert door.loaded.notes == ()
    assert door.load(text, "a,d\n1,01/13/2025\n")[0] == (1, date(2025, 5, 1))
    assert "no column has dates" in door.refusal(text, date_format="%d.%m.%Y")


def test_files_that_write_dates_differently(door: Door) -> None:
    first = "a,d\n1,13/01/2025\n"
    for second, form in (("01/13/2025", "%m/%d/%Y"), ("2025-01-13", "%Y-%m-%d")):
        said = door.refusal(first, f"a,d\n1,{second}\n")
        assert "f0.csv as %d/%m/%Y" in said
        assert "f1.csv as" in said
        assert form in said


def test_a_date_that_cannot_be_read_stays_as_it_is(door: Door) -> None:
    text = "a,d\n1,13/01/2025\n2,n/a\n3,14/01/2025\n"
    assert door.load(text)[0] == (1, "13/01/2025")
    assert '--date-format "%d/%m/%Y"' in door.loaded.notes[0]
    rows = door.load(text, date_format="%d/%m/%Y")
    assert [row[1] for row in rows] == ["2025-01-13", "n/a", "2025-01-14"]
    assert '1, e.g. "n/a"' in door.loaded.notes[0]


def test_numbers_with_a_comma(door: Door) -> None:
    text = 'a,b\n1,"29,90"\n2,"1.322,00"\n3,5\n'
    assert door.load(text)[1] == (2, "1.322,00")
    assert "--decimal ," in door.loaded.notes[0]
    rows = door.load(text, decimal=",")
    assert [row[1] for row in rows] == [29.9, 1322.0, 5.0]


def test_types_that_the_user_names(door: Door) -> None:
    text = "a,b\n007,1\n008,x\n"
    assert door.load(text, types={"A": "VARCHAR"})[0] == ("007", "1")
    said = door.refusal(text, types={"b": "INTEGER"})
    assert 'line 3: no INTEGER in b: "008,x"' in said
    assert door.load(text, types={"b": "INTEGER"}, most=0.5) == [("007", 1)]
    assert 'Did you mean "b"' in door.refusal(text, types={"bb": "INTEGER"})
    assert 'no type "FOO"' in door.refusal(text, types={"b": "FOO"})
    assert "no type" in door.refusal(text, types={"b": "INT) from raw.t; --"})


def test_what_is_no_file(door: Door, tmp_path: Path) -> None:
    def refusal(path: str) -> str:
        with pytest.raises(InputError) as caught:
            load_table(door.warehouse, "raw", "t", [path])
        return str(caught.value)

    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)
        server.bind("s.csv")
        assert "is a socket" in refusal("s.csv")
    assert "is a pipe" in refusal(str(tmp_path / "pipe.csv"))
    assert "is a folder" in refusal(str(tmp_path))
    assert "is a device" in refusal("/dev/zero")
    (tmp_path / "gone.csv").symlink_to("nowhere")
    assert "cannot be read: No such file" in refusal(str(tmp_path / "gone.csv"))
    (tmp_path / "sub").mkdir()
    assert "folders only" in refusal(f"{tmp_path}/su*")


def test_options_of_texts_are_refused_for_other_files(door: Door) -> None:
    said = door.refusal('{"a": 1}', suffix=".jsonl", types={"a": "VARCHAR"})
    assert "CSV and TSV files only" in said
