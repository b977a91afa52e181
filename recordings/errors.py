"""What can be wrong with a recording. Each text names the file and the mend; none of them has changed anything."""

from collections.abc import Mapping

from dialer.errors import DialerError


class RecordingError(DialerError):
    """A recording cannot be used. Nothing was written; go on with the next one."""


class RecordingNotFoundError(RecordingError):
    """There is no such file, or it may not be read. Look at the name, the folder and the permissions."""


class RecordingPathError(RecordingError):
    """The path leads where recordings are not: a link, a device, a way out of the folder. It was not opened."""


class EmptyRecordingError(RecordingError):
    """The file holds no sound at all."""


class WrongFormatError(RecordingError):
    """No sound file of a known kind, or not one of two sides."""


class TruncatedRecordingError(RecordingError):
    """The file ends before the sound that it promises."""


class RecordingTooLongError(RecordingError):
    """More hours than the limit. It was not read to its end."""


class LockedRecordingError(RecordingError):
    """The key that it is locked with is not at hand. Look at the file of keys."""


class TamperedRecordingError(RecordingError):
    """What is there is not what was written: changed, cut off or swapped. Take it from the target or a backup."""


class NoRoomError(RecordingError):
    """The disk is full. Nothing was lost: the raw files stay, and it is tried again."""


class QueryError(RecordingError):
    """A search cannot be understood. The text says where and what would be right; nothing was searched.

    `code` and `figures` are those of `recordings.query.Misread`, for who says it in another language; `place` counts
    from 1.
    """

    def __init__(self, text: str, *, code: str, place: int, figures: Mapping[str, str]) -> None:
        super().__init__(text)
        self.code, self.place, self.figures = code, place, figures


class EngineMissingError(RecordingError):
    """Transcripts cannot be made here: the engine or its model is lacking. What is queued waits."""


class FormError(RecordingError):
    """A form, plan or rule cannot be used, or answers do not fit it. Nothing was kept."""
