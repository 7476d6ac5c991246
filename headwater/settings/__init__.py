"""The configuration file, the environment that overrides it, and the frozen values they become."""

from headwater.settings.durations import Duration, parse_duration
from headwater.settings.load import find_file, load
from headwater.settings.names import did_you_mean, document_kind, nearest
from headwater.settings.promises import Promise, PromiseRule, Promises
from headwater.settings.schedule import Weekly
from headwater.settings.secrets import Secret
from headwater.settings.template import TEMPLATE
from headwater.settings.values import (
    PACKAGED_MODEL,
    AlertSettings,
    ChunkerName,
    ChunkerRules,
    ContentRules,
    DeploySettings,
    EmbeddingSettings,
    IndexSettings,
    LedgerSettings,
    LintSettings,
    ParsingSettings,
    ServeSettings,
    Settings,
    SourceSettings,
    WebhookSettings,
)

__all__ = [
    "PACKAGED_MODEL",
    "TEMPLATE",
    "AlertSettings",
    "ChunkerName",
    "ChunkerRules",
    "ContentRules",
    "DeploySettings",
    "Duration",
    "EmbeddingSettings",
    "IndexSettings",
    "LedgerSettings",
    "LintSettings",
    "ParsingSettings",
    "Promise",
    "PromiseRule",
    "Promises",
    "Secret",
    "ServeSettings",
    "Settings",
    "SourceSettings",
    "WebhookSettings",
    "Weekly",
    "did_you_mean",
    "document_kind",
    "find_file",
    "load",
    "nearest",
    "parse_duration",
]
