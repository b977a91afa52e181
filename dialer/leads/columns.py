"""Which column of a list means what: by its name in Spanish, English or Portuguese, or as a saved mapping says.

Pure. A column that means nothing here is kept under its own name.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
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
    REGION = "region"
    RANK = "rank"
    TYPE = "phone type"
    CONSENT = "consent"
    CONSENT_DAY = "day of consent"
    AREA_CODE = "area code"
    SURNAME = "surname"
    STATE_OR_STATUS = "state or status"
    EXPIRES = "expires"


# Small words and accents aside; `numero` stands for nro., no., num. and n° too.
_WORDS: dict[Meaning, str] = {
    Meaning.EXTERNAL_ID: "id external_id account account_id account_number loan loan_id loan_number contract "
    "contract_id contract_number lead_id id_externo cuenta id_cuenta numero_cuenta credito id_credito "
    "numero_credito contrato id_contrato numero_contrato folio referencia operacion numero_operacion conta id_conta "
    "numero_conta reference numero_prestamo prestamo",
    Meaning.NATIONAL_ID: "national_id curp rfc rut run dni cedula cedula_identidad cedula_ciudadania cc ci cpf cnpj "
    "cpf_cnpj nit ruc cuit cuil nif nie identificacion numero_identificacion documento numero_documento "
    "documento_identidad id_nacional tax_id ssn rut_cliente rut_deudor rut_titular dni_cliente dni_titular "
    "cedula_cliente cedula_titular cpf_cliente cpf_devedor documento_cliente documento_titular",
    Meaning.NAME: "name full_name first_name given_name primer_nombre primeiro_nome customer customer_name "
    "client_name debtor debtor_name nombre nombres nombre_completo nombre_cliente nombre_titular nombre_deudor "
    "nombre_y_apellido nombres_y_apellidos nombre_apellido cliente titular deudor razon_social nome nome_completo "
    "nome_cliente nome_devedor devedor",
    Meaning.PHONE: "phone phones numbers telefonos celulares fonos numeros telefones fones telephones phone_number "
    "phone_numbers telephone telephone_number tel mobile mobile_phone mobile_number cell cellphone cell_phone "
    "home_phone work_phone office_phone phone_home phone_mobile phone_work contact_number contact_phone number "
    "telefono telefono_celular telefono_casa telefono_particular telefono_domicilio telefono_fijo telefono_movil "
    "telefono_trabajo telefono_laboral telefono_oficina telefono_contacto telefono_principal telefono_alterno "
    "telefono_cliente telefono_titular numero_telefono numero_celular numero_movil numero_contacto fono "
    "fono_celular fono_fijo fono_casa fono_movil fono_contacto celular movil numero whatsapp telefone "
    "telefone_celular telefone_fixo telefone_residencial telefone_comercial telefone_contato fone fone_celular "
    "numero_telefone celular_cliente celular_titular",
    Meaning.PRIORITY: "priority prioridad prioridade",
    Meaning.BALANCE: "balance amount amount_due balance_due total_due debt outstanding outstanding_balance saldo "
    "saldo_total saldo_vencido saldo_actual saldo_insoluto saldo_deudor adeudo deuda deuda_total total_deuda monto "
    "monto_adeudado monto_deuda importe importe_adeudado valor valor_divida divida saldo_devedor saldo_atraso "
    "saldo_em_atraso valor_em_aberto",
    Meaning.CURRENCY: "currency moneda divisa moeda",
    Meaning.DAYS_PAST_DUE: "days_past_due dpd days_late days_overdue dias_mora mora mora_dias dias_atraso "
    "dias_em_atraso dias_vencidos atraso",
    Meaning.ZONE: "time_zone timezone zone tz zona zona_horaria huso_horario fuso fuso_horario",
    Meaning.SEGMENT: "segment segmento cartera carteira portfolio",
    Meaning.REGION: "region state province provincia departamento uf entidad_federativa",
    Meaning.STATE_OR_STATUS: "estado",
    Meaning.AREA_CODE: "ddd area_code codigo_area cod_area lada clave_lada prefijo indicativo ddd_telefono "
    "ddd_telefone ddd_celular ddd_fone",
    Meaning.SURNAME: "surname last_name apellido apellidos apellido_paterno apellido_materno primer_apellido "
    "segundo_apellido ap_paterno ap_materno paterno materno sobrenome ultimo_nome",
    Meaning.CONSENT_DAY: "consent_date consent_day consent_at opt_in_date fecha_consentimiento fecha_autorizacion "
    "fecha_opt_in data_consentimento data_autorizacao dia_consentimiento",
    Meaning.RANK: "rank ranking orden ordem",
    Meaning.TYPE: "phone_type tipo_telefono tipo_fono tipo_telefone",
    Meaning.CONSENT: "consent consentimiento consentimento opt_in autoriza autorizacion autorizacao",
    Meaning.EXPIRES: "expires expires_on expiry vigencia valido_hasta validade fecha_limite",
}
_SMALL = frozenset({"da", "de", "del", "do", "el", "la", "of", "the"})  # say nothing of what a column means
_SHORT = dict.fromkeys(["n", "no", "nro", "num"], "numero")  # where another word follows: alone they count the rows
_SHORT_ALWAYS = {"cel": "celular", "tel": "telefono"}
# One for each number; surnames are all of one name.
_MANY = frozenset(
    {Meaning.PHONE, Meaning.TYPE, Meaning.CONSENT, Meaning.CONSENT_DAY, Meaning.AREA_CODE, Meaning.SURNAME}
)
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}


# What a column of numbers is called may say what kind of lines they are.
_MOBILE = frozenset({"mobile", "cell", "cellphone", "celular", "movil", "whatsapp"})
_FIXED = frozenset({"home", "casa", "fijo", "fixo", "residencial", "landline", "fixed"})


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column of numbers with the columns that tell of them, by position; None where there is none."""

    position: int
    type: int | None = None
    consent: int | None = None
    said: str = ""  # the type that the column's own name says
    day: int | None = None  # of the consent
    area: int | None = None  # the number's first digits, in a column of their own

    @property
    def alone(self) -> bool:
        """Whether nothing else is told of the numbers of this column, by its name or in another."""
        return not self.said and self.type is self.consent is self.day is self.area is None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one list. Positions count from 0; phones in the list's own order."""

    names: tuple[str, ...]
    one: tuple[tuple[Meaning, int], ...]
    numbers: tuple[PhoneColumn, ...]
    fields: tuple[int, ...]
    surnames: tuple[int, ...] = ()

    @property
    def phones(self) -> tuple[int, ...]:
        return tuple(one.position for one in self.numbers)

    def of(self, meaning: Meaning) -> int | None:
        return next((position for known, position in self.one if known is meaning), None)

    def named(self, meaning: Meaning) -> str:
        """The list's word for the meaning, as `curp`; empty where it has none."""
        position = self.of(meaning)
        return "" if position is None else _word(self.names[position])


def columns_of(header: Sequence[str], mapping: Mapping[str, Sequence[str]] | None = None) -> Columns:
    """What each column of the header means. Of two that mean the same the first counts; phones may be many.

    `mapping` names the columns of each meaning; a column that it does not name keeps its own name, nothing is guessed.
    Raises ValueError where it names what is not there.
    """
    meanings = _guessed(header) if mapping is None else _mapped(header, mapping)
    one: dict[Meaning, int] = {}
    many: dict[Meaning, list[int]] = {meaning: [] for meaning in _MANY}
    fields: list[int] = []
    for position, meaning in enumerate(meanings):
        if meaning in many:
            many[meaning].append(position)
        elif meaning is not None and meaning not in one:
            one[meaning] = position
            if meaning is Meaning.STATE_OR_STATUS:
                fields.append(position)
        else:
            fields.append(position)
    names = tuple(name.strip() for name in header)
    numbers = tuple(
        PhoneColumn(
            position,
            type=_nth(many[Meaning.TYPE], n),
            consent=_nth(many[Meaning.CONSENT], n),
            said=_said(names[position]),
            day=_nth(many[Meaning.CONSENT_DAY], n),
            area=_nth(many[Meaning.AREA_CODE], n),
        )
        for n, position in enumerate(many[Meaning.PHONE])
    )
    return Columns(names, tuple(one.items()), numbers, tuple(fields), tuple(many[Meaning.SURNAME]))


def meaning_of(name: str) -> Meaning | None:
    """What a column of this name means; None where the name says nothing."""
    return _MEANINGS.get(_word(name))


def mapping_of(columns: Columns) -> dict[str, list[str]]:
    """The mapping that gives these columns again, to be saved."""
    told = {meaning.name.lower(): [columns.names[position]] for meaning, position in columns.one}
    lists = {
        Meaning.PHONE: [one.position for one in columns.numbers],
        Meaning.TYPE: sorted({one.type for one in columns.numbers if one.type is not None}),
        Meaning.CONSENT: sorted({one.consent for one in columns.numbers if one.consent is not None}),
        Meaning.CONSENT_DAY: sorted({one.day for one in columns.numbers if one.day is not None}),
        Meaning.AREA_CODE: sorted({one.area for one in columns.numbers if one.area is not None}),
        Meaning.SURNAME: list(columns.surnames),
    }
    return told | {meaning.name.lower(): [columns.names[n] for n in found] for meaning, found in lists.items() if found}


def _nth(positions: Sequence[int], n: int) -> int | None:
    """Each number's own; the only one there is holds for all."""
    if len(positions) == 1:
        return positions[0]
    return positions[n] if n < len(positions) else None


def _said(name: str) -> str:
    words = set(_word(name).split("_"))
    return "mobile" if words & _MOBILE else "fixed" if words & _FIXED else ""


def _guessed(header: Sequence[str]) -> list[Meaning | None]:
    return [meaning_of(name) for name in header]


def _mapped(header: Sequence[str], mapping: Mapping[str, Sequence[str]]) -> list[Meaning | None]:
    positions = {name.strip(): position for position, name in reversed(list(enumerate(header)))}
    meanings: list[Meaning | None] = [None] * len(header)
    for word, names in mapping.items():
        if word.upper() not in Meaning.__members__:
            known = ", ".join(sorted(one.lower() for one in Meaning.__members__))
            raise ValueError(f"{word!r} is nothing that a column may mean; there are: {known}")
        for name in names:
            if name not in positions:
                raise ValueError(f"no column is called {name!r}; there are: {', '.join(positions)}")
            meanings[positions[name]] = Meaning[word.upper()]
    return meanings


def _word(name: str) -> str:
    """`Teléfono Celular 2` as `telefono_celular`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = [_SHORT_ALWAYS.get(word, word) for word in re.split(r"[^a-z]+", plain) if word]
    if len(words) > 1:
        words = [_SHORT.get(word, word) for word in words if word not in _SMALL]
    return "_".join(words)
