"""API tokens in the administration: list, create, revoke."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.config.load import settings
from pagekeep.services.issue_token import MAX_LABEL, SCOPES, issue_token
from pagekeep.services.revoke_token import revoke_token
from pagekeep.web.read_only import ReadOnly
from pagekeep.web.shown_once import ONE_BUTTON, shown_once

NEVER = "never"
MEANINGS = {
    "read": "read: lists and single objects",
    "add": "add: new snapshots",
    "admin": "admin: changes and deletion; includes the others",
}
ADVICE = (
    "Copy it now: it is stored as a keyed hash and cannot be shown again. Send it as X-ArchiveBox-API-Key or as"
    " Authorization: Bearer."
)


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a new token may do and for how long."""

    label = forms.CharField(max_length=MAX_LABEL, required=False, help_text="A name to know it by.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, MEANINGS[scope]) for scope in SCOPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: everything.",
    )
    valid_for = forms.ChoiceField()

    class Meta:
        model = APIToken
        fields = ("label", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = sorted({1, 7, 30, 90, 365, settings().token_days})
        choices = [(str(number), f"{number} day{'s' if number > 1 else ''}") for number in days]
        self.fields["valid_for"] = forms.ChoiceField(
            choices=[*choices, (NEVER, "ever, until it is revoked")], initial=str(settings().token_days)
        )


@admin.register(APIToken)
class APITokenAdmin(ReadOnly):
    """Keys to the API: they can be created and revoked."""

    list_display = ("prefix", "label", "may", "state", "created_by", "created_at", "expires", "last_used_at")
    list_select_related = ("created_by",)
    exclude = ("digest",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def get_fields(self, request: HttpRequest, obj: APIToken | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ("label", "scopes", "valid_for")

    def get_form(self, request: HttpRequest, obj: APIToken | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if obj else kwargs | {"form": TokenForm}))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return super().add_view(request, form_url, {**(extra_context or {}), **ONE_BUTTON})

    def save_model(self, request: HttpRequest, obj: APIToken, form: Any, change: bool) -> None:
        wanted = form.cleaned_data
        days = NEVER if wanted["valid_for"] == NEVER else int(wanted["valid_for"])
        user: Any = request.user
        token, text = issue_token(user, label=wanted["label"], scopes=wanted["scopes"] or None, days=days)  # type: ignore[arg-type]
        obj.pk, obj.prefix = token.pk, token.prefix
        request.META["pagekeep.secret"] = text

    def response_add(self, request: HttpRequest, obj: APIToken, post_url_continue: str | None = None) -> HttpResponse:
        text = request.META["pagekeep.secret"]
        return shown_once(request, "Your new API token", text, ADVICE, "admin:archive_apitoken_changelist")

    @admin.display(description="may")
    def may(self, token: APIToken) -> str:
        return "everything" if token.scopes is None else ", ".join(token.scopes) or "nothing"

    @admin.display(description="state")
    def state(self, token: APIToken) -> str:
        if token.revoked_at:
            return "revoked"
        return "valid" if token.is_valid(timezone.now()) else "expired"

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> None:
        for token_id in queryset.values_list("pk", flat=True):
            revoke_token(str(token_id))
        self.message_user(request, "Revoked.")
