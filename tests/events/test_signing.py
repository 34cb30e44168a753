from pluginhub.events.signing import Signer

KEY = b"k" * 32


def test_a_secret_is_of_one_webhook_and_one_server() -> None:
    signer = Signer(KEY)
    assert signer.secret("a") == Signer(KEY).secret("a")
    assert len({signer.secret("a"), signer.secret("b"), Signer(b"x" * 32).secret("a")}) == 3
    assert len(signer.secret("a")) == 43


def test_a_signature_is_of_one_body_at_one_time() -> None:
    signer = Signer(KEY)
    signature = signer.signature("a", 1000, b"{}")
    assert signature.startswith("t=1000,v1=")
    others = [("a", 1001, b"{}"), ("a", 1000, b"{ }"), ("b", 1000, b"{}")]
    assert len({signature, *(signer.signature(*other) for other in others)}) == 4
