"""What is configured about keeping recordings: `[recordings]` of the dialer's file. Values only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recordings.voice import Detector

FORMATS = ("flac", "opus", "wav")
WHEN_FULL = ("stop", "unrecorded")
CONVERSATIONS, AUDITS = KINDS = ("conversations", "audits")  # what is recorded: talks; answers, for audits of detection


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """How long recordings are kept. What is left empty fits any; the first rule that fits holds."""

    name: str
    days: float
    of: str = ""  # which of KINDS
    campaign: str = ""
    country: str = ""
    outcome: str = ""
    disposition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDisk:
    """What a campaign does when the disk is full, where that is another thing than the others do."""

    campaign: str
    when_full: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """Where recordings are kept, in what form, how long. Relative paths are below the folder of the file."""

    folder: Path = Path("recordings")  # the index's own tree
    format: str = "flac"
    keep_legs: bool = False  # the switch's own files stay after they are indexed
    keys: Path | None = None  # encrypts at rest with the newest key in it
    free_min_mb: int = 500  # below that the disk counts as full
    when_full: str = "stop"  # dialling of campaigns that record, or go on unrecorded
    campaigns: tuple[CampaignDisk, ...] = ()
    target: str = ""  # an fsspec address, as s3://bucket/folder; empty: the tree is all
    local_days: float = 30.0  # how long a file stays in the tree once the target has it
    retention: tuple[RetentionRule, ...] = ()
    retention_by_law: bool = True  # never shorter than a calling rule of the person's country asks for
    detector: str = "webrtc"  # of speech; "silero" with its extra
    transcripts: Path | None = None  # the folder of a model for faster-whisper; none: import alone

    def policy(self, campaign: str) -> str:
        """What the campaign of that name does when the disk is full."""
        return next((one.when_full for one in self.campaigns if one.campaign == campaign), self.when_full)

    def below(self, folder: Path) -> "ArchiveSettings":
        """The same with full paths."""
        keys = None if self.keys is None else folder / self.keys
        model = None if self.transcripts is None else folder / self.transcripts
        return replace(self, folder=folder / self.folder, keys=keys, transcripts=model)

    def problems(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What cannot be used, each with its key."""
        if self.format not in FORMATS:
            yield ("format",), f"must be {', '.join(FORMATS)}"
        if self.detector not in set(Detector):
            yield ("detector",), f"must be {' or '.join(Detector)}"
        if self.when_full not in WHEN_FULL:
            yield ("when_full",), f"must be {' or '.join(WHEN_FULL)}"
        for index, one in enumerate(self.campaigns):
            if one.when_full not in WHEN_FULL:
                yield ("campaigns", index, "when_full"), f"must be {' or '.join(WHEN_FULL)}"
        if self.free_min_mb < 0:
            yield ("free_min_mb",), "must be 0 or more"
        if self.local_days < 0:
            yield ("local_days",), "must be 0 or more"
        for index, rule in enumerate(self.retention):
            if rule.days < 0:
                yield ("retention", index, "days"), "must be 0 or more"
            if rule.of and rule.of not in KINDS:
                yield ("retention", index, "of"), f"must be {' or '.join(KINDS)}, or left out for both"
