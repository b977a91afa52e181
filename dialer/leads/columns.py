"""Which column of a list means what, by its name in Spanish, English or Portuguese.

Pure. A column that means nothing here is kept under its own name.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Meaning(StrEnum):
    EXTERNAL_ID = "external id"
    NATIONAL_ID = "national id"
    NAME = "name"
    PHONE = "phone"
    PRIORITY = "priority"
    BALANCE = "balance"
    CURRENCY = "currency"
    DAYS_PAST_DUE = "days past due"
    ZONE = "time zone"
    SEGMENT = "segment"


_WORDS: dict[Meaning, str] = {
    Meaning.EXTERNAL_ID: "id external_id account account_id account_number account_no loan loan_id contract "
    "contract_id lead_id id_externo cuenta id_cuenta numero_cuenta num_cuenta no_cuenta credito id_credito contrato "
    "id_contrato numero_contrato folio referencia operacion conta id_conta numero_conta reference",
    Meaning.NATIONAL_ID: "national_id curp rfc rut run dni cedula cc cpf cnpj nit identificacion documento "
    "numero_documento num_documento documento_identidad id_nacional tax_id ssn",
    Meaning.NAME: "name full_name customer customer_name client_name debtor nombre nombre_completo nombre_cliente "
    "cliente titular deudor razon_social nome nome_completo nome_cliente devedor",
    Meaning.PHONE: "phone phone_number telephone tel mobile mobile_phone cell cellphone cell_phone home_phone "
    "work_phone number telefono telefono_celular telefono_casa telefono_trabajo numero_telefono num_telefono fono "
    "celular movil numero whatsapp telefone telefone_celular fone numero_telefone",
    Meaning.PRIORITY: "priority prioridad prioridade",
    Meaning.BALANCE: "balance amount amount_due debt outstanding saldo saldo_total saldo_vencido adeudo deuda monto "
    "monto_adeudado importe valor valor_divida divida saldo_devedor",
    Meaning.CURRENCY: "currency moneda divisa moeda",
    Meaning.DAYS_PAST_DUE: "days_past_due dpd days_late dias_mora dias_de_mora mora dias_atraso dias_de_atraso "
    "dias_vencidos atraso",
    Meaning.ZONE: "time_zone timezone zone tz zona zona_horaria huso_horario fuso fuso_horario",
    Meaning.SEGMENT: "segment segmento cartera carteira portfolio",
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one list. Positions count from 0; phones in the list's own order."""

    names: tuple[str, ...]
    one: tuple[tuple[Meaning, int], ...]
    phones: tuple[int, ...]
    fields: tuple[int, ...]

    def of(self, meaning: Meaning) -> int | None:
        return next((position for known, position in self.one if known is meaning), None)


def columns_of(header: Sequence[str]) -> Columns:
    """What each column of the header means. Of two that mean the same the first counts; phones may be many."""
    one: dict[Meaning, int] = {}
    phones: list[int] = []
    fields: list[int] = []
    for position, name in enumerate(header):
        meaning = _MEANINGS.get(_word(name))
        if meaning is Meaning.PHONE:
            phones.append(position)
        elif meaning is not None and meaning not in one:
            one[meaning] = position
        else:
            fields.append(position)
    return Columns(tuple(name.strip() for name in header), tuple(one.items()), tuple(phones), tuple(fields))


def _word(name: str) -> str:
    """`Teléfono Celular 2` as `telefono_celular`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]+", "_", plain).strip("_")
