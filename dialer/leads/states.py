"""Where a column is called Estado: whether what stands in it is a state of the country, or how an account stands.

Only in countries whose first division is called so; elsewhere it is never one.
"""

import unicodedata
from functools import cache

import holidays

# In full and as people shorten them; by INEGI and INE.
_NAMES = {
    "MX": "aguascalientes|ags|baja california|bc|baja california sur|bcs|campeche|camp|coahuila|coah|"
    "coahuila de zaragoza|colima|col|chiapas|chis|chihuahua|chih|"
    "ciudad de mexico|cdmx|distrito federal|df|durango|dgo|guanajuato|gto|"
    "guerrero|gro|hidalgo|hgo|jalisco|jal|mexico|mex|estado de mexico|edomex|michoacan|mich|michoacan de ocampo|"
    "morelos|mor|nayarit|nay|nuevo leon|nl|oaxaca|oax|puebla|pue|queretaro|qro|queretaro de arteaga|quintana roo|qroo|"
    "san luis potosi|slp|sinaloa|sin|sonora|son|tabasco|tab|tamaulipas|tamps|tlaxcala|tlax|veracruz|ver|"
    "veracruz de ignacio de la llave|yucatan|yuc|zacatecas|zac",
    "VE": "amazonas|anzoategui|apure|aragua|barinas|bolivar|carabobo|cojedes|delta amacuro|falcon|guarico|lara|merida|"
    "miranda|monagas|nueva esparta|portuguesa|sucre|tachira|trujillo|la guaira|vargas|yaracuy|zulia|distrito capital",
}
_CALENDARS = ("BR", "US")  # whose states the library of holidays names


def is_state(text: str, country: str) -> bool:
    """Whether the text names a state of the country (ISO 3166 alpha-2), in full or shortened."""
    return _plain(text) in _known(country)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join("".join(one if one.isalnum() else " " * (one != ".") for one in plain).split())


@cache
def _known(country: str) -> frozenset[str]:
    found = set(_NAMES.get(country, "").split("|"))
    if country in _CALENDARS:
        calendar = holidays.country_holidays(country)
        found |= {_plain(one) for one in (*calendar.subdivisions, *calendar.subdivisions_aliases)}
    return frozenset(found) - {""}
