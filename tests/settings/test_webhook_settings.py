"""`webhook = {...}` of a source."""

import pytest

from headwater.errors import ConfigError
from tests.settings.conftest import Write

SOURCE = '[[source]]\nname = "docs"\nkind = "folder"\npath = "docs"\ndefault_access = ["public"]\n'


def test_it_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "s3cret")
    (source,) = write(SOURCE + 'webhook = { kind = "github", secret = "${HOOK}" }\n').sources
    assert source.webhook is not None
    assert (source.webhook.kind, [one.reveal() for one in source.webhook.secrets]) == ("github", ["s3cret"])
    assert "s3cret" not in repr(source)
    assert write(SOURCE).sources[0].webhook is None


def test_a_generic_one_says_where_ids_stand(write: Write) -> None:
    (source,) = write(
        SOURCE + 'webhook = { kind = "generic", secret = ["a", "b"], documents = "$.pages[*].slug", '
        'access = ["$.gone[*]"], template = "https://docs.example.com/{}" }\n'
    ).sources
    assert source.webhook is not None
    assert len(source.webhook.secrets) == 2
    assert (source.webhook.documents, source.webhook.access) == (("$.pages[*].slug",), ("$.gone[*]",))


@pytest.mark.parametrize(
    ("webhook", "said"),
    [
        ('{ kind = "github" }', "secret is missing; what its deliveries are signed with"),
        ('{ kind = "github", secret = "" }', "has to name a secret"),
        ('{ kind = "github", secret = [] }', "has to name a secret"),
        ('{ kind = "gitea", secret = "x" }', "kind has to be 'github'"),
        ('{ kind = "github", secret = "x", documents = "$.id" }', "which is known; leave it out"),
        ('{ kind = "generic", secret = "x", documents = "id" }', "'id' is no JSONPath: it has to begin with"),
        ('{ kind = "generic", secret = "x", documents = "$.[" }', "is no JSONPath"),
        ('{ kind = "generic", secret = "x", template = "docs/" }', "has to hold {} once"),
        ('{ kind = "generic", secret = "x", secrets = "x" }', "secrets is not a setting; did you mean secret?"),
    ],
)
def test_what_is_wrong_is_said(write: Write, webhook: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write(SOURCE + f"webhook = {webhook}\n")
    assert said in str(caught.value)
