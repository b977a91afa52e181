"""A client's rows as events: names in three languages, own layouts, and what is no event."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.feeds.layout import FileRow, RowError, event_of, rows_of, written
from dialer.feeds.settings import Column, Layout, Word


@pytest.mark.parametrize(
    "text",
    [
        "account,event,id,amount,balance\nA1,payment,7,100.50,20\n",
        "Cuenta,Tipo,Folio,Monto,Saldo\nA1,Pago,7,100.50,20\n",
        "conta,evento,referência,valor,dívida\nA1,pagamento,7,100.50,20\n",
    ],
)
def test_columns_and_events_are_known_in_three_languages(text: str) -> None:
    [row] = rows_of(BytesIO(text.encode()), Layout())
    assert event_of(row, Layout(), "x") == AccountEvent(
        account="A1", kind=AccountEventKind.PAYMENT, id="7", amount=Decimal("100.50"), balance=Decimal(20)
    )


def test_a_layout_of_the_client_s_own() -> None:
    layout = Layout(
        delimiter=";", encoding="latin-1", decimal=",",
        columns=(Column(name="CTA", means="account"), Column(name="ACCIÓN", means="event"),
                 Column(name="IMP", means="amount")),
        words=(Word(word="P", means="payment"),),
    )  # fmt: skip
    [row] = rows_of(BytesIO("CTA;ACCIÓN;IMP;ZZ\nA1;p;1.234,50;x\n".encode("latin-1")), layout)
    assert event_of(row, layout, "f:2") == AccountEvent(
        account="A1", kind=AccountEventKind.PAYMENT, id="f:2", amount=Decimal("1234.50")
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"event": "payment"}, "no account"),
        ({"account": "A"}, "no event"),
        ({"account": "A", "event": "gift"}, "'gift' is no event"),
        ({"account": "A", "event": "payment", "amount": "ten"}, "no amount"),
        ({"account": "A", "event": "payment", "amount": "NaN"}, "no amount"),
        ({"account": "A", "event": "balance", "days_past_due": "x"}, "number of days"),
        ({"account": "A", "event": "dispute", "until": "soon"}, "no date"),
    ],
)
def test_what_is_no_event_is_told(row: dict[str, object], told: str) -> None:
    with pytest.raises(RowError, match=told):
        event_of(FileRow(2, row), Layout(), "")


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [("1,234.56", ".", "1234.56"), ("1.234,56", ",", "1234.56"), ("$ 1,234", ".", "1234"), ("-5.5", ".", "-5.5")],
)
def test_amounts_go_by_the_layout_s_decimals(text: str, decimal: str, amount: str) -> None:
    row = FileRow(2, {"account": "A", "event": "payment", "amount": text})
    assert event_of(row, Layout(decimal=decimal), "").amount == Decimal(amount)


@pytest.mark.parametrize(("text", "decimal"), [("1.234,56", "."), ("1,234.56", ","), ("1,23", "."), ("1,2345", ".")])
def test_an_amount_of_another_layout_is_never_taken_for_a_thousandth(text: str, decimal: str) -> None:
    row = FileRow(2, {"account": "A", "event": "payment", "amount": text})
    with pytest.raises(RowError, match="is no amount"):
        event_of(row, Layout(decimal=decimal), "")


@pytest.mark.parametrize(
    ("value", "amount"),
    [("1,234.56", "1234.56"), ("1.234,56", "1234.56"), ("1.234.567", "1234567"), ("1,234,567", "1234567"),
     ("150,5", "150.5"), ("1234.567", "1234.567"), ("0.125", "0.125"), ("-5.5", "-5.5"), ("7", "7"),
     (1.234, "1.234"), (Decimal("1.234"), "1.234"), (12, "12")],
)  # fmt: skip
def test_without_a_layout_an_amount_is_read_as_it_can_only_be_meant(value: object, amount: str) -> None:
    row = FileRow(2, {"account": "A", "event": "payment", "amount": value})
    assert event_of(row, Layout(), "").amount == Decimal(amount)


@pytest.mark.parametrize("text", ["1.234", "150,000", "-1.234", "$ 12.500"])
def test_an_amount_that_may_be_thousands_or_a_fraction_is_refused_until_a_layout_says_which(text: str) -> None:
    row = FileRow(2, {"account": "A", "event": "payment", "amount": text})
    with pytest.raises(RowError, match="say what stands before its decimals"):
        event_of(row, Layout(), "")
    assert event_of(row, Layout(decimal="," if "." in text else "."), "").amount is not None


@pytest.mark.parametrize("text", ["2026-12-31", "31/12/2026", "31-12-2026"])
def test_a_day_is_read_as_lists_write_it(text: str) -> None:
    row = FileRow(2, {"account": "A", "event": "dispute", "until": text})
    assert event_of(row, Layout(), "").until == datetime(2026, 12, 31).astimezone().timestamp()


def test_a_row_that_is_broken_costs_itself_alone_and_each_has_its_line() -> None:
    text = 'account,event,amount\n\nA1,pago,100,50\nA2,"pago,3\nA3,pago,7\nA4,pago\n'
    rows = list(rows_of(BytesIO(text.encode()), Layout()))
    assert [(row.line, row.wrong) for row in rows] == [
        (3, "4 cells, but the header has 3"),  # never 100 where 100,50 was paid
        (4, "a quotation mark opens a cell and none closes it"),
        (5, ""),
        (6, "2 cells, but the header has 3"),
    ]
    with pytest.raises(RowError, match="4 cells"):
        event_of(rows[0], Layout(), "")


@pytest.mark.parametrize(
    ("data", "told"), [(b"\xff\xfe", "cannot be read as"), (b"a,b\n1,2\n", "no column"), (b"", "none")]
)
def test_a_file_that_is_none_is_told(data: bytes, told: str) -> None:
    with pytest.raises(RowError, match=told):
        rows_of(BytesIO(data), Layout())


def test_no_cell_that_goes_back_is_a_formula() -> None:
    columns = (Column(name="n", means="number"), Column(name="d", means="disposition"))
    rows = [{"n": "+525512345678", "d": "=1+1"}, {"n": "-5", "d": "@x"}]
    assert written(rows, Layout(columns=columns, encoding="utf-8")) == b"n,d\r\n+525512345678,'=1+1\r\n-5,'@x\r\n"
