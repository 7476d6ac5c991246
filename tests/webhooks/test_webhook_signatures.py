"""Only who knows the secret is heard."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from headwater.errors import ConfigError, UnauthenticError
from headwater.settings import Secret
from headwater.webhooks.kinds import authentic
from headwater.webhooks.values import Delivery
from tests.webhooks.conftest import KEY, NOW, SECRET, SIGNING, github, gitlab, hook, mac, standard, zendesk

BODY = {"type": "page.changed", "id": 7}


def test_what_is_signed_is_authentic(maker):
    _, sign, settings = maker
    authentic(sign(BODY), settings, NOW)


def test_the_examples_of_the_documentation():
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    told = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    authentic(Delivery({"x-hub-signature-256": told}, b"Hello, World!", NOW), hook("github"), NOW)
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and its test vectors
    delivery = Delivery(
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        NOW,
    )
    then = NOW.fromtimestamp(1614265330, NOW.tzinfo)
    authentic(delivery, hook("generic", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), then)


def test_anything_changed_is_refused(maker):
    _, sign, settings = maker
    good = sign(BODY)
    wrong = [
        replace(good, headers={**good.headers, name: value[:-2] + "xx"})
        for name, value in good.headers.items()
        if "signature" in name or name in ("authorization", "x-gitlab-token")
    ]
    wrong.append(replace(good, headers={}))
    wrong += [
        replace(good, headers={**good.headers, name: odd})
        for name in good.headers
        if "signature" in name or name == "x-gitlab-token"
        for odd in ("", "sha256=", "v1,", "ünïcode", "\ud800", "=" * 5_000, "v1," * 5_000, "v1, v1,a v2,b")
    ]
    if "x-gitlab-token" not in good.headers and "authorization" not in good.headers:
        wrong += [replace(good, body=good.body + b" "), replace(good, body=b"")]
    assert len(wrong) > 1
    for delivery in wrong:
        with pytest.raises(UnauthenticError):
            authentic(delivery, settings, NOW)


def test_another_secret_is_refused_and_no_secret_refuses_all(maker):
    _, sign, settings = maker
    other = Secret("whsec_" + base64.b64encode(b"\x02" * 32).decode() if sign is standard else "another")
    for secrets in ((other,), (Secret(""),), ()):
        with pytest.raises(UnauthenticError):
            authentic(sign(BODY), replace(settings, secrets=secrets), NOW)
    authentic(sign(BODY), replace(settings, secrets=(other, *settings.secrets)), NOW)


def test_the_empty_secret_is_no_secret():
    for delivery, kind in (
        (github(BODY, secret=""), "github"),
        (zendesk(BODY, secret=""), "zendesk"),
        (gitlab(BODY, token=""), "gitlab"),
        (standard(BODY, key=b""), "generic"),
    ):
        with pytest.raises(UnauthenticError):
            authentic(delivery, hook(kind, ""), NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_what_was_signed_long_ago_is_refused(seconds):
    then = NOW + timedelta(seconds=seconds)
    for sign, settings in (
        (standard, hook("generic", SIGNING)),
        (standard, hook("gitlab", SIGNING)),
        (zendesk, hook("zendesk")),
    ):
        stamp = int(then.timestamp()) if sign is standard else then.isoformat()
        with pytest.raises(UnauthenticError, match="too far from now"):
            authentic(sign(BODY, stamp=stamp), settings, NOW)


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_clocks_may_differ_a_little(seconds):
    then = NOW + timedelta(seconds=seconds)
    authentic(standard(BODY, stamp=int(then.timestamp())), hook("generic", SIGNING), NOW)
    authentic(zendesk(BODY, stamp=then.isoformat()), hook("zendesk"), NOW)


@pytest.mark.parametrize("stamp", ["", "now", "2026-03-01T12:00:00", "9" * 40])
def test_a_time_that_is_none_is_refused_though_signed(stamp):
    with pytest.raises(UnauthenticError):
        authentic(zendesk(BODY, stamp=stamp), hook("zendesk"), NOW)
    good = standard(BODY)
    for text in (stamp, "-1", "1e9", "１７", "1.5"):
        content = f"msg_1.{text}.".encode() + good.body
        signature = "v1," + base64.b64encode(mac(KEY, content)).decode()
        delivery = Delivery({**good.headers, "webhook-timestamp": text, "webhook-signature": signature}, good.body, NOW)
        with pytest.raises(UnauthenticError):
            authentic(delivery, hook("generic", SIGNING), NOW)


def test_several_signatures_and_several_secrets():
    delivery = standard(BODY, more="v1a,ed25519 v1,bm90IHRoaXM= ")
    authentic(delivery, hook("generic", "whsec_AAAA", SIGNING), NOW)


def test_a_secret_without_its_prefix_is_taken_as_it_is():
    authentic(standard(BODY, key=b"plain words"), hook("generic", "plain words"), NOW)


def test_a_secret_that_was_cut_off_is_said_to_be():
    with pytest.raises(ConfigError, match="is not Base64") as caught:
        authentic(standard(BODY), hook("generic", SIGNING[:-3]), NOW)
    assert SIGNING[6:20] not in str(caught.value)


def test_a_token_beside_a_signature_does_not_count_where_signatures_are_checked():
    settings = hook("gitlab", SIGNING, SECRET)
    forged = standard(BODY, key=b"\x02" * 32)
    with pytest.raises(UnauthenticError):
        authentic(replace(forged, headers={**forged.headers, "x-gitlab-token": SECRET}), settings, NOW)
    authentic(gitlab(BODY), settings, NOW)
    authentic(gitlab(BODY, webhook_signature="v1,x"), hook("gitlab"), NOW)


def test_a_kind_that_is_none():
    with pytest.raises(ConfigError, match="did you mean gitlab"):
        authentic(github(BODY), hook("gitlap"), NOW)
