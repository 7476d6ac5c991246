"""The headwater.toml that `headwater init` writes."""

TEMPLATE = """\
# Headwater's configuration. Every key can be overridden by the environment: HEADWATER_INDEX__URL is [index] url.
# Durations: 15m, 24h, 180d, 3 weeks, 6 months. Secrets: "${NAME}" takes the environment variable NAME,
# "${prefect-secret:NAME}" the Secret block NAME of the Prefect server in use.
# State is kept in .headwater/ beside this file, or in the folder that HEADWATER_HOME names.

# Groups that exist. Readers bring them (headwater search --as group:support), documents name them.
[groups]
# support = "Support agents"

# Where findings about documents go.
[owners]
# docs-team = "mailto:docs@example.com"

[embedding]
model = "packaged"              # comes with Headwater; or any fastembed model name, or a folder
threads = 0                     # 0: every core

[index]
url = ""                        # empty: embedded; else a Qdrant server, such as "http://localhost:6333"
# api_key = "${QDRANT_API_KEY}"

[ledger]
url = ""                        # empty: SQLite in the state folder; else "postgresql://user:${PASSWORD}@host/name"

# Limits for reading one file; a file that needs more fails, and the run goes on.
[parsing]
timeout = "60s"
memory_mb = 1024
workers = 0                     # 0: by cores

# How fresh things have to be; each source may say otherwise.
[promises]
max_lag = "24h"                 # from a change at the source until it is searchable
max_age = { help = "180d", sop = "365d" }   # content older than this needs a review
# review = { sop = "6 months" }     # how long a review holds, where the document does not say it itself
# verify_every = "7d"               # how long ago a source may have confirmed a document at most
# Each of them may be "none".

# What headwater lint allows, as a share from 0 to 1; above it ends with exit code 1. One number, or by finding:
[lint]
# max_rate = { split_tables = 0.0, hidden_text = 0.0, empty_sections = 0.05 }

# Who is told when something is not fresh any more, and when it is again: addresses of apprise, such as
# "${SLACK_URL}", "mailtos://user:${PASSWORD}@mail.example.com?to=docs@example.com" or "jsons://example.com/hook".
[alerts]
# to = ["${SLACK_URL}"]
# severity = "warning"          # the least that is told: notice, warning or critical
# digest = "mon 09:00"          # when each owner is told what is open: under [owners] where that can be, else all of to
# timezone = "UTC"
# mail = "mailtos://user:${PASSWORD}@mail.example.com"   # the mail server through which mailto: owners are written to
# page = "https://example.com/freshness.html"            # where the report is found, for links

# headwater serve: where it listens and its limits. Beyond this machine it listens only when there are keys.
[serve]
# host = "127.0.0.1"
# port = 8700
# prefect_port = 4200           # of the Prefect server it runs for schedules; 0: any free one
# max_body_mb = 25              # of one request
# requests_per_minute = 600     # of one key
# debounce = 0.25               # seconds after the newest notice of a document until it is looked at,
# max_wait = 5.0                # and after the first of them at most
# open_metrics = false          # true: /metrics without a key, while it listens on this machine alone
# shutdown = 20                 # seconds that work under way may take to end
# refresh = "here"              # who looks at what was announced: this process, or "workers" of headwater deploy

# headwater deploy: where workers of a Prefect server run the sources, each on its own schedule.
[deploy]
# pool = "headwater"            # the work pool
# type = "process"              # process, docker or kubernetes
# image = ""                    # what docker and kubernetes workers start
# timeout = "6h"                # a run that takes longer is ended; what it published stays
# tags = []                     # of each deployment, beside its source and kind

# One table for every source.
[[source]]
name = "docs"
kind = "folder"                 # the connector
path = "docs"                   # from this file's folder
default_access = ["public"]     # readers of what has no rule of its own: public, group:NAME, user:EMAIL
content = "help"                # help, release_note or sop; or by path, the first match wins:
# content = { "releases/**" = "release_note", "sop/**" = "sop", "**" = "help" }
# include = ["**/*.md", "**/*.html"]
# exclude = ["drafts/"]
# keep = ["main"]               # HTML pages: CSS selectors of what is content (default: found by itself)
# drop = [".promo", "#survey"]  # and of what is not
# owner = "docs-team"           # this, and the next four: of documents that state no other
# product = "crm"
# language = "en"               # of documents whose text is too short to show it
# audience = ["admins"]
# tags = ["crm"]
# paths = ["{product}/{version}/**", "{language}/**"]   # metadata read out of paths
# required = ["owner", "updated"]                       # what every document has to state
# on_missing = "report"         # or "quarantine": hold back documents that lack what is required
# schedule = "*/30 * * * *"     # minute hour day month weekday; or an interval: "15m", "every 6 hours"
# timezone = "Europe/Madrid"    # of the schedule, and of dates without a time
# max_lag = "1h"
# max_age = "90d"               # or by kind, as above; so for review and verify_every
# promise = [{ path = "runbooks/**", kind = "sop", max_age = "90d" }]   # the first rule that has a setting counts
# edit_url = "https://example.com/edit/{id}"   # where findings send people who correct a document
# chunker = "auto"              # structure, release_notes or procedure by kind; or one of them, or "fixed"
#                                 or by kind: { sop = "procedure", "*" = "structure" }
# chunk_tokens = 200            # what is matched; default: as much as the model reads
# passage_tokens = 800          # what is handed over: a match with its whole procedure, table or section
# overlap_tokens = 0            # between chunks that are cut inside a section
# prefer = 0                    # of near-duplicates, search returns that of the source with the higher number
# allow_widening = false        # true: front matter may admit more readers than default_access
# max_removals = 10             # removing more documents than this at once, and more than this share of the source,
# max_removed_share = 0.1       # waits for a person: headwater approve docs
# tombstones = "7d"             # how long a document stays that is not listed any more and not known to be gone
# max_access_age = "7d"         # how long readers stay that the source could not verify; after that nobody reads it
# webhook = { kind = "github", secret = "${WEBHOOK_SECRET}" }   # who announces changes: github, gitlab, zendesk,
#                                 confluence or generic (docs/webhooks.md); two secrets while one is being replaced
"""
