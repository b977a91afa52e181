"""Every text of `dialer simulate` and of its report, in the console's languages, and how each writes numbers.

The catalogues stand beside this file as those of the console's pages do beside theirs; `make texts` keeps both.
"""

from dataclasses import dataclass
from pathlib import Path

from babel.numbers import format_decimal

from dialer.web.texts import catalogues, text_key

__all__ = ["CATALOGUES", "ENGLISH", "HERE", "Tongue", "text_key"]

HERE = Path(__file__).parent
CATALOGUES = catalogues(HERE)


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language."""

    language: str

    def t(self, key: str, **blanks: object) -> str:
        """The text of the key, its blanks filled in."""
        text = CATALOGUES[self.language][key]
        assert isinstance(text, str), f"{key} has plural forms"
        return text.format(**blanks)

    def tn(self, key: str, n: int, **blanks: object) -> str:
        """The same of a text with plural forms; `n` is a blank too."""
        forms = CATALOGUES[self.language][key]
        assert not isinstance(forms, str), f"{key} has no plural forms"
        return forms[n != 1].format(n=self.number(n), **blanks)  # the rule of each of our languages

    def number(self, value: float, places: int = 0, *, signed: bool = False) -> str:
        """With so many decimals."""
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        return str(format_decimal(value, f"+{pattern};-{pattern}" if signed else pattern, locale=self.language))

    def plain(self, value: float) -> str:
        """With as many decimals as it has."""
        return str(format_decimal(value, "#,##0.######", locale=self.language))


ENGLISH = Tongue("en")
