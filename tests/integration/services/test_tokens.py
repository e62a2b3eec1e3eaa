import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.domain.errors import BadInput, Conflict, NotFound
from pagekeep.services.check_token import check_token
from pagekeep.services.create_admin import create_admin
from pagekeep.services.issue_token import MAX_TOKENS, issue_token
from pagekeep.services.revoke_token import revoke_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(db: None) -> User:
    return create_admin("keeper", "password").user


def test_a_token_is_known_by_its_keyed_hash_only(keeper: User) -> None:
    record, text = issue_token(keeper, scopes=["read"])
    assert len(text) == 32
    assert int(text, 16) >= 0
    row = APIToken.objects.values().get()
    assert not any(text in str(value) for value in row.values())
    assert hashlib.sha256(text.encode()).hexdigest() != record.digest
    assert row["prefix"] == text[:6]
    assert record.expires is not None
    assert timedelta(days=29) < record.expires - timezone.now() <= timedelta(days=30)
    found = check_token(text)
    assert found is not None
    assert (found.pk, found.created_by, found.scopes) == (record.pk, keeper, ["read"])


@pytest.mark.parametrize("text", ["", "0" * 32, "x" * 32, "0" * 31, "0" * 33, "é" * 32])
def test_an_unknown_token_is_nobodys(keeper: User, text: str) -> None:
    issue_token(keeper)
    assert check_token(text) is None


def test_expired_and_revoked_tokens_are_nobodys(keeper: User) -> None:
    record, text = issue_token(keeper)
    revoke_token(str(record.pk))
    assert check_token(text) is None
    assert revoke_token(text[:6]).revoked_at == APIToken.objects.get().revoked_at
    _, expired = issue_token(keeper, days=0)
    assert check_token(expired) is None


def test_only_active_superusers_tokens_count(keeper: User) -> None:
    _, text = issue_token(keeper)
    User.objects.update(is_superuser=False)
    assert check_token(text) is None
    User.objects.update(is_superuser=True, is_active=False)
    assert check_token(text) is None


def test_use_is_noted_but_not_at_every_request(keeper: User) -> None:
    _, text = issue_token(keeper)
    check_token(text)
    first = APIToken.objects.get().last_used_at
    assert first is not None
    check_token(text)
    assert APIToken.objects.get().last_used_at == first


def test_the_hundred_and_first_retires_the_least_used_one_of_a_login(keeper: User) -> None:
    by_hand, _ = issue_token(keeper)
    logins = [issue_token(keeper, by_login=True)[0] for _ in range(MAX_TOKENS - 1)]
    APIToken.objects.filter(pk=logins[0].pk).update(last_used_at=timezone.now())
    issue_token(keeper, by_login=True)
    retired = APIToken.objects.get(revoked_at__isnull=False)
    assert retired.pk == logins[1].pk
    assert check_token("0" * 32) is None
    APIToken.objects.update(last_used_at=timezone.now())
    with pytest.raises(Conflict):
        issue_token(keeper, by_login=True)
    assert APIToken.objects.get(pk=by_hand.pk).revoked_at is None


def test_unknown_scopes_and_tokens_are_refused(keeper: User) -> None:
    with pytest.raises(BadInput, match="wizard"):
        issue_token(keeper, scopes=["wizard"])
    with pytest.raises(NotFound):
        revoke_token("abcdef")


def test_an_admin_gets_a_random_password_once() -> None:
    new = create_admin()
    assert new.user.is_superuser
    assert new.user.check_password(new.password)
    assert len(new.password) >= 16
    with pytest.raises(Conflict):
        create_admin()
    with pytest.raises(BadInput):
        create_admin("no good name")
