"""All settings, one row each. Entry points build `Settings()` and pass it, or paths from it, on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.errors import BankError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one installation, from the environment and `.env`; the defaults run the embedded system."""

    model_config = SettingsConfigDict(env_file=PROJECT_ROOT / ".env", extra="ignore", frozen=True)

    data: Path = Field(
        default=Path("data/local"),
        validation_alias="BANK_DATA",
        description="Folder of everything at run time; one folder is one legal entity. "
        "A relative path starts at the project's root.",
    )
    dashboard_port: int = Field(
        default=5006, ge=1, le=65535, validation_alias="DASHBOARD_PORT", description="Port of the dashboard."
    )
    dagster_port: int = Field(
        default=3000, ge=1, le=65535, validation_alias="DAGSTER_PORT", description="Port of the Dagster UI."
    )
    seed: int = Field(
        default=20240229,
        ge=0,
        validation_alias="BANK_SEED",
        description="Seed of everything random: the demo bank, detectors, forecasts.",
    )

    reporting_currency: str | None = Field(
        default=None,
        pattern="^[A-Z]{3}$",
        validation_alias="REPORTING_CURRENCY",
        description="ISO 4217 currency of every figure; by default the own bank's, as its mapping says.",
    )

    as_of: datetime | None = Field(
        default=None,
        validation_alias="BANK_AS_OF",
        description="An earlier moment (UTC unless it says otherwise): only what had been delivered by then "
        "counts, and all that is made of it lies in a folder of its own.",
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return (PROJECT_ROOT / value.expanduser()).resolve()

    @field_validator("as_of")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @property
    def derived(self) -> Path:
        """Folder of all that is made of deliveries; as of an earlier moment it is one of its own."""
        return self.data / "as_of" / f"{self.as_of:%Y%m%dT%H%M%SZ}" if self.as_of else self.data

    @property
    def landing(self) -> Path:
        """Files as the bank sent them, one folder per source. Never changed by us."""
        return self.data / "landing"

    @property
    def raw(self) -> Path:
        """Immutable Parquet, `<table>/month=YYYY-MM/<version_id>.parquet`."""
        return self.data / "raw"

    @property
    def models(self) -> Path:
        """What models wrote: scores and forecasts as Parquet, and the registry of model files."""
        return self.derived / "models"

    @property
    def warehouse(self) -> Path:
        """Folder of the two DuckDB files that only a Dagster run opens."""
        return self.derived / "warehouse"

    @property
    def published(self) -> Path:
        """Read-only snapshots and the pointer to the newest one."""
        return self.derived / "published"

    @property
    def quarantine(self) -> Path:
        """Files that were refused whole, with the reason beside each."""
        return self.data / "quarantine"

    @property
    def ledger(self) -> Path:
        """Folder of the delivery ledger."""
        return self.data / "ledger"

    @property
    def truth(self) -> Path:
        """What the demo bank's generator knows. No pipeline reads it; tests do."""
        return self.data / "truth"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance: run history, schedules' state, its configuration."""
        return self.derived / "dagster"

    @property
    def dbt_target(self) -> Path:
        """Where dbt puts its compiled project and manifests."""
        return self.derived / "dbt"

    @property
    def logs(self) -> Path:
        """Logs of the servers that `bank up` starts, and of dbt."""
        return self.derived / "logs"


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises:
        BankError: a setting has a value that can't be used; names the setting and the value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BankError(
            f"The setting {name} can't be used: {first.get('input')!r}.",
            f"{first['msg']}.",
            f"Correct {name} in the environment or in .env, or remove it to get the default.",
        ) from error
