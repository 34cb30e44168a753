"""What is believed of the tokens of another application."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from pluginhub.accounts import jwts
from pluginhub.accounts.newcomers import id_of
from pluginhub.config import Auth
from pluginhub.errors import ConfigError, UnauthenticatedError

SECRET = b"0123456789abcdef" * 4
NOW = 1_750_000_000
USER = "0123456789abcdef0123456789abcdef"
BY_SECRET, BY_KEYS = Auth(jwt_secret_file="x"), Auth(jwt_jwks_url="https://x")


def made(key: Any = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    everything = {"sub": USER, "exp": NOW + 60, **claims}
    given = {name: value for name, value in everything.items() if value is not None}
    return jwt.encode(given, key, algorithm)


def check(token: str, auth: Auth = BY_SECRET, key: Any = SECRET, now: float = NOW) -> jwts.Claims:
    return jwts.Rules(auth).check(token, key, now)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": NOW + 0.5, "iat": NOW + 100.25},
        {"nbf": NOW},
        {"iss": "https://any"},
        {"refresh": False},
    ],
)
def test_a_good_token_names_its_user_and_its_end(claims: dict[str, Any]) -> None:
    found = check(made(**claims))
    assert (found.newcomer.id, found.expires_at) == (USER, claims.get("exp", NOW + 60))


BAD = {
    "no end": {"exp": None},
    "past its end": {"exp": NOW},
    "an endless end": {"exp": 1e400},
    "a text as end": {"exp": "tomorrow"},
    "true as end": {"exp": True},
    "not yet": {"nbf": NOW + 1},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a number": {"sub": 7},
    "a long name": {"sub": "x" * 256},
    "a control character": {"sub": "a\nb"},
    "a lone surrogate": {"sub": "\ud800"},
    "for somebody else": {"aud": "other"},
    "a refresh token": {"refresh": True},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError, match=r"^Invalid token$"):
        check(made(**claims))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


BODY = part({"sub": USER, "exp": NOW + 60})
FORGED = {
    "unsigned": f"{part({'alg': 'none'})}.{BODY}.",
    "unsigned in another case": f"{part({'alg': 'nOnE'})}.{BODY}.",
    "another secret": made(b"x" * 64),
    "another algorithm": made(algorithm="HS512"),
    "cut short": made()[:-2],
    "no signature": made().rpartition(".")[0] + ".",
    "another body": ".".join([made().split(".")[0], BODY + "x", made().split(".")[2]]),
    "deep": "A" * 10 + ".".join(["", part(json.loads("[" * 900 + "]" * 900)), ""]),
    "no token": "a.b.c",
    "dots": "..",
    "not in base64": "ä.ö.ü",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError, match=r"^Invalid token$"):
        check(token)


def test_nonsense_has_no_header() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    for token in ("", "..", "a.b.c", "\ud800.x.y", f"{deep}.x.y", f"{part([])}.x.y"):
        with pytest.raises(UnauthenticatedError):
            jwts.header_of(token)


def test_issuer_and_audience_are_held_against_the_settings() -> None:
    auth = Auth(jwt_secret_file="x", jwt_issuer="https://here", jwt_audience="hub")
    assert check(made(iss="https://here", aud=["hub", "x"]), auth).newcomer.id == USER
    for claims in ({}, {"iss": "https://here"}, {"aud": "hub"}, {"iss": "x", "aud": "hub"}):
        with pytest.raises(UnauthenticatedError):
            check(made(**claims), auth)


@pytest.mark.parametrize(
    ("subject", "user_id"),
    [
        ("01234567-89ab-cdef-0123-456789abcdef", USER),
        (USER.upper(), USER),
        (USER + "0", id_of("", USER + "0")),
        ("01234567-89abcdef-0123-456789abcdef", id_of("", "01234567-89abcdef-0123-456789abcdef")),
        ("auth0|17", id_of("", "auth0|17")),
    ],
)
def test_a_subject_leads_to_the_same_user_each_time(subject: str, user_id: str) -> None:
    assert check(made(sub=subject)).newcomer.id == user_id
    other = check(made(sub=subject, iss="https://other")).newcomer.id
    assert (other == USER) == (user_id == USER)
    assert (other == user_id) == (user_id == USER)


def test_names_and_address_are_those_that_it_brings() -> None:
    found = check(made(preferred_username="ann", name="Ann A", email="a.a@example.org")).newcomer
    assert (found.names, found.email) == (("ann", "Ann A", "a.a"), "a.a@example.org")
    found = check(made(email="ann@example.org", email_verified=False)).newcomer
    assert (found.names, found.email) == (("ann",), None)
    found = check(made(name=7, email=["x"])).newcomer
    assert (found.names, found.email) == ((), None)


def rsa_key() -> Any:
    return rsa.generate_private_key(65537, 2048)


def test_public_keys_check_what_their_private_keys_signed() -> None:
    one, other, curve = rsa_key(), rsa_key(), ec.generate_private_key(ec.SECP256R1())
    document = {
        "keys": [
            {**RSAAlgorithm.to_jwk(one.public_key(), as_dict=True), "kid": "one", "use": "sig"},
            {**RSAAlgorithm.to_jwk(other.public_key(), as_dict=True), "kid": "other", "use": "enc"},
            {**ECAlgorithm.to_jwk(curve.public_key(), as_dict=True), "kid": "c", "alg": "ES256"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            {"kty": "new", "kid": "new"},
            {"kty": "RSA", "kid": "broken"},
            "nonsense",
        ]
    }
    keys = jwts.keys_of(document)
    assert keys.keys() == {"one", "c"}
    assert check(made(one, "RS256"), BY_KEYS, keys["one"]).newcomer.id == USER
    assert check(made(curve, "ES256"), BY_KEYS, keys["c"]).newcomer.id == USER
    public = one.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    confused = f"{part({'alg': 'HS256'})}.{BODY}"  # signed with what everybody knows
    mac = hmac.digest(public, confused.encode(), "sha256")
    confused += "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")
    for token in (made(other, "RS256"), made(one, "RS512"), confused, made()):
        with pytest.raises(UnauthenticatedError):
            check(token, BY_KEYS, keys["one"])
    nowhere: tuple[Any, ...] = (None, [], {}, {"keys": None}, {"keys": {}}, "x")
    for nothing in nowhere:
        with pytest.raises(ValueError, match="no set of keys"):
            jwts.keys_of(nothing)


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (Auth(jwt_secret_file="x", jwt_jwks_url="https://x"), "not both"),
        (Auth(jwt_secret_file="x", jwt_algorithms=("RS256",)), "'RS256' does not go with"),
        (Auth(jwt_secret_file="x", jwt_algorithms=("none",)), "'none' does not go with"),
        (Auth(jwt_jwks_url="https://x", jwt_algorithms=("HS256",)), "'HS256' does not go with"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(auth: Auth, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        jwts.Rules(auth)


def test_other_algorithms_are_taken_if_they_are_named() -> None:
    auth = Auth(jwt_secret_file="x", jwt_algorithms=("HS512",))
    secret = SECRET[::-1]
    assert check(made(secret, "HS512"), auth, secret).newcomer.id == USER
    with pytest.raises(UnauthenticatedError):
        check(made(secret), auth, secret)


def test_a_secret_that_could_be_guessed_is_refused() -> None:
    assert jwts.secret_of(SECRET + b"\n") == SECRET
    with pytest.raises(ConfigError, match="has 6 bytes; it needs 32"):
        jwts.secret_of(b"secret\n")
