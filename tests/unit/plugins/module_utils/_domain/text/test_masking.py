# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be shown."""

from __future__ import annotations

import time
from base64 import b64encode
from urllib.parse import quote

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.masking import (
    CHANGED,
    MASK,
    SHORTEST,
    hidden_parts,
    is_ordinary,
    looks_secret,
    mask,
    mask_changed,
    mask_each,
    says_nothing,
)
from hypothesis import example, given
from hypothesis import strategies as st

# Put together here, so that no scanner of repositories takes them for real ones.
AWS_KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN PRIVATE" + " KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE" + " KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("password=hunter2 host=db", f"password={MASK} host=db", id="assignment"),
        pytest.param("DB_PASSWORD: hunter2", f"DB_PASSWORD: {MASK}", id="environment"),
        pytest.param('{"password":"hunter 2","user":"u"}', f'{{"password":"{MASK}","user":"u"}}', id="JSON"),
        pytest.param('{"password" : "hun\\"ter"}', f'{{"password" : "{MASK}"}}', id="JSON with an escaped quote"),
        pytest.param("passphrase='hun ter'", f"passphrase='{MASK}'", id="single quotes"),
        pytest.param('msg="{\\"token\\":\\"abc def\\",\\"a\\":1}"', f'msg="{{\\"token\\":\\"{MASK}\\",\\"a\\":1}}"', id="JSON in a text"),
        pytest.param('password="cut off', f"password={MASK} off", id="a quote that does not end"),
        pytest.param("{:secret=>abc}", f"{{:secret=>{MASK}", id="Ruby's hash"),
        pytest.param("?api_key=abc&page=2", f"?api_key={MASK}&page=2", id="query"),
        pytest.param("aws_secret_access_key = abc/def+", f"aws_secret_access_key = {MASK}", id="AWS secret"),
        pytest.param("mysql --password hunter2 -h db", f"mysql --password {MASK} -h db", id="command line"),
        pytest.param("app --db-password hunter2 -token x1", f"app --db-password {MASK} -token {MASK}", id="long flags"),
        pytest.param('{"name":"DB_PASSWORD","value":"hunter2"}', f'{{"name":"DB_PASSWORD","value":"{MASK}"}}', id="env of a manifest"),
        pytest.param("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}", id="bearer header"),
        pytest.param("authorization: Basic dTpw", f"authorization: Basic {MASK}", id="basic header"),
        pytest.param('Authorization: Digest username="u", response="r"', f"Authorization: {MASK}", id="digest header"),
        pytest.param("Authorization: abc", f"Authorization: {MASK}", id="bare header"),
        pytest.param('"Authorization":"Bearer abc","x":1', f'"Authorization":"Bearer {MASK}","x":1', id="header in JSON"),
        pytest.param("Authorization: Own abc; def", f"Authorization: {MASK}", id="unknown scheme"),
        pytest.param("sent bearer abcdefg1", f"sent bearer {MASK}", id="bearer in a sentence"),
        pytest.param("Set-Cookie: sid=1; Path=/", f"Set-Cookie: {MASK}", id="cookie"),
        pytest.param("postgres://u:p@ss@db:5432/x", f"postgres://u:{MASK}@db:5432/x", id="URL"),
        pytest.param("redis://:pass1@cache", f"redis://:{MASK}@cache", id="URL without a user"),
        pytest.param(f"key {AWS_KEY}.", f"key {MASK}.", id="AWS key"),
        pytest.param(f"got {JWT}", f"got {MASK}", id="JWT"),
        pytest.param("ghp_" + "a1" * 18, MASK, id="GitHub token"),
        pytest.param(f"a\n{PEM}\nb", f"a\n{MASK}\nb", id="PEM"),
        pytest.param("https://" + "0123456789abcdef" * 2 + "@o1.example/2", f"https://{MASK}@o1.example/2", id="key instead of a user"),
        pytest.param("https://hooks.slack.com/services/T0/B0/x", f"https://hooks.slack.com/services/{MASK}", id="address of a hook"),
        pytest.param("https://chat.example/api/webhooks/12/a-b", f"https://chat.example/api/webhooks/12/{MASK}", id="webhook"),
        pytest.param("https://s3/x?a=1&X-Amz-Signature=ab&b=2", f"https://s3/x?a=1&X-Amz-Signature={MASK}&b=2", id="signed address"),
        pytest.param("db:\n  password: >-\n    a b\n    c\n  d: 1", f"db:\n  password: >-\n{MASK}\n  d: 1", id="block of YAML"),
        pytest.param("db:\n  my_password: |\n    a b", f"db:\n  my_password: |\n{MASK}", id="block of YAML at the end"),
        pytest.param("- name: API_TOKEN\n  value: abc\n", f"- name: API_TOKEN\n  value: {MASK}\n", id="env in YAML"),
        pytest.param("curl --user u:abc x", f"curl --user u:{MASK} x", id="curl"),
        pytest.param("mysql -h db -P 3306 -pabc shop", f"mysql -h db -P 3306 -p{MASK} shop", id="mysql"),
        pytest.param("sshpass -p abc ssh x", f"sshpass -p {MASK} ssh x", id="sshpass"),
        pytest.param("redis-cli -h x -a abc ping", f"redis-cli -h x -a {MASK} ping", id="redis"),
        pytest.param("sk_" + "live_" + "a1" * 10, MASK, id="key of a payment service"),
        pytest.param(f"b\n{PEM[28:]}\n-----END X-----\n", f"b\n{MASK}\n-----END X-----\n", id="two ends"),
        pytest.param(f"a\n{PEM[:50]}", f"a\n{MASK}", id="PEM without its end"),
        pytest.param(f"a\n{PEM[28:]}\nb", f"a\n{MASK}\nb", id="PEM without its head"),
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Secret web-secret stays as it is in image pull secrets",
        "Secret web-secret (env PASSWORD of container web)",
        "ConfigMap web-token is gone",
        "secret web-secret: password changed",
        "secret web-secret: tls.crt, api-key and 3 more added; OLD removed",
        "",
        "connection to http://db:5432/x refused",
        'secret "db" not found',
        "couldn't find key color in ConfigMap shop/web-v5",
        "exit code 1: no such table: users",
        "Basic authentication is off; bearer tokens are on",
        "password=",
        "compass: north",
        "token=$(TOKEN) password=${PASSWORD} secret=$SECRET",
        "text -----END X-----",
    ],
)
def test_plain_text_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        pytest.param("abc abcdef", ["abc", "abcdef"], f"{MASK} {MASK}", id="the longest first"),
        pytest.param("ababa!", ["aba"], f"{MASK}!", id="overlapping"),
        pytest.param("say 12", ["12", ""], "say 12", id="too short"),
        pytest.param("say 123", ["123"], f"say {MASK}", id="just long enough"),
        pytest.param("a *** b", ["***"], "a *** b", id="asterisks are no secret"),
        pytest.param("xabcy", ["abc", f"x{MASK}y"], MASK, id="a mask completes another"),
        pytest.param("first-line-of-it", ["first-line-of-it\nend\n"], MASK, id="a line of several"),
        pytest.param("the end", ["first-line-of-it\nend\n"], "the end", id="a short line of several"),
        pytest.param("value=hunter2", ["hunter2\n"], f"value={MASK}", id="a line break at the end"),
        pytest.param(b64encode(b"hunter2!").decode(), ["hunter2!"], f"{MASK}=", id="base64"),
        pytest.param(quote("hunter 2/"), ["hunter 2/"], MASK, id="percent-encoded but for slashes"),
        pytest.param(quote("hunter 2", safe=""), ["hunter 2"], MASK, id="percent-encoded"),
        pytest.param('"hun\\"ter"', ['hun"ter'], f'"{MASK}"', id="JSON escapes"),
        pytest.param("password=x&y z", ["x&y z"], f"password={MASK}", id="a pattern does not cut a known value"),
    ],
)
def test_known_values_are_masked(text: str, secrets: list[str], expected: str) -> None:
    assert mask(text, secrets) == expected


WORDS = st.text(st.sampled_from("ab1*=:@/ \n\"'\\"), max_size=12)
PIECES = st.sampled_from(["password=", "token: ", "://u:", "@h", MASK, "Authorization: Bearer ", PEM, JWT, "-----END X-----", "--secret "])
TEXTS = st.lists(WORDS | PIECES | st.text(max_size=5), max_size=8).map("".join)
SECRETS = st.lists(WORDS | st.text(max_size=6) | PIECES, max_size=4)


@given(TEXTS, SECRETS)
@example("*aa", ["*a"])
def test_masking_again_changes_nothing(text: str, secrets: list[str]) -> None:
    once = mask(text, secrets)
    assert mask(once, secrets) == once


@given(TEXTS, SECRETS, st.data())
def test_no_known_value_is_left(text: str, secrets: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    shown = mask(text[:at] + "".join(secrets) + text[at:], secrets)
    assert not [secret for secret in secrets if len(secret) >= SHORTEST and secret.strip("*") and secret in shown]


PIECE = [
    *(
        "eyJ",
        "-eyJ",
        "password",
        "token",
        "://a:",
        "-----BEGIN ",
        "a" * 16 + "\n",
        "a" * 16 + "\n\n",
        'token="',
        "authorization: ",
        "\\" * 9,
    ),
    *("mysql a ", "redis-cli ", "--password ", "password: |\n", " password: |\n  a\n", "-----END X-----\n", "cookie", "bearer ", "value: "),
    *("-u ", "'token=", "{", "API_TOKEN\n", 'token=\\"', "hunter2", "sk-", "Bearer a1", "\\" * 9),
]


@pytest.mark.parametrize("piece", PIECE)
def test_the_time_grows_as_the_text_does(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        taken = []
        for _attempt in range(3):
            begun = time.process_time()
            mask(text, ["hunter2", "an0ther"])
            taken.append(time.process_time() - begun)
        return min(taken)

    assert seconds(32_000) < 24 * max(seconds(4_000), 0.002)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *[(name, True) for name in ("DB_PASSWORD", "token", "API-KEY", "awsSecretKey", "CREDENTIALS", "Authorization", "Set-Cookie")],
        *[(name, False) for name in ("", "MODE", "REPLICAS", "COMPASS_URL", "KEY", "PATH")],
    ],
)
def test_names_that_say_that_their_value_is_a_credential(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *[(name, True) for name in ("PGPASSWORD", "DB_PASS", "STRIPE_KEY", "GITHUB_PAT", "x-api-key", ".dockerconfigjson", "clientSecret")],
        *[(name, True) for name in ("JWT", "db.pwd", "PASSWORD_HASH", "AWS_ACCESS_KEY_ID", ".pgpass", "SESSION_ID", "dbpassword")],
        *[(name, False) for name in ("PASSWORD_FILE", "TOKEN_TTL", "SECRET_NAME", "TOKENIZERS", "PRIMARY_KEY", "KEYCLOAK", "secretary")],
        *[(name, False) for name in ("TOKEN_URL", "passwordMinLength", "BYPASS", "AUTHOR", "monkey", "KEY_PREFIX", "CREDENTIALS_PROVIDER")],
    ],
)
def test_a_name_of_something_about_a_credential_is_none(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


@pytest.mark.parametrize(("value", "ordinary"), [("shop", True), ("Complete", True), ("DEBUG", True), ("5432", True), ("abc", True)])
def test_plain_words_and_small_numbers_are_ordinary(value: str, ordinary: bool) -> None:
    assert is_ordinary(value) is ordinary


@pytest.mark.parametrize("value", ["hunter2", "s3cr3t", "correcthorsebattery", "Winter2026", "123456", "a b c d", "x-y-z"])
def test_what_is_no_word_is_looked_for(value: str) -> None:
    assert not is_ordinary(value)


def test_a_word_after_a_colon_is_a_word_in_a_sentence() -> None:
    text = 'Secret shop/web: data.password: must be a text, password: "hunter2"'
    assert mask(text, sentence=True) == f'Secret shop/web: data.password: must be a text, password: "{MASK}"'
    assert mask("password=swordfish", sentence=True) == f"password={MASK}"


def test_names_stay_whatever_they_look_like() -> None:
    text = "image app=reg/token:1.2 and token:abc1; token:1.3"
    assert mask(text, ["reg/token"], ["reg/token:1.2", "other"]) == f"image app=reg/token:1.2 and token:{MASK} token:{MASK}"


def test_changed_parts_are_marked_and_stay_marked() -> None:
    shown = mask_changed("token=one1 password=two2", "token=one1 password=old2")
    assert shown == f"token={MASK} password={CHANGED}"
    assert mask(shown) == shown
    assert mask_changed("token=new1", "token=one1 password=one2") == f"token={CHANGED}"
    assert mask_changed("token=one2", "token=one1 password=one2") == f"token={MASK}"
    assert hidden_parts("token=one1 x hunter2", ["hunter2"]) == ("one1", "hunter2")


def test_the_parts_of_a_command_are_seen_together() -> None:
    assert mask_each(["psql", "--password", "a b", "-c", "x", "--token=abc", "z"]) == (
        *("psql", "--password", MASK, "-c", "x", f"--token={MASK}", "z"),
    )
    assert mask_each(["--password", "$(DB)", ""]) == ("--password", "$(DB)", "")


@pytest.mark.parametrize(("value", "nothing"), [("", True), ("true", True), ("$(X)", True), ("${X}", True), ("abc", False)])
def test_a_value_that_no_secret_can_be(value: str, nothing: bool) -> None:
    assert says_nothing(value) is nothing
