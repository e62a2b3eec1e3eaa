"""Webhooks in the administration: list, create, change, try, and what was sent to them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from pagekeep.archive.models import Webhook, WebhookDelivery
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten
from pagekeep.domain.webhooks import DEFAULT_EVENTS, PATTERNS, DeliveryStatus
from pagekeep.services.change_webhook import change_webhook, remove_webhook, rotate_secret
from pagekeep.services.create_webhook import check_endpoint, create_webhook
from pagekeep.services.try_webhook import try_webhook
from pagekeep.web.read_only import ModelAdmin, ReadOnly
from pagekeep.web.shown_once import ONE_BUTTON, shown_once

SHORT = 100
LIST = "admin:archive_webhook_changelist"
ADVICE = "Copy it now: it signs the messages and cannot be shown again. Whoever receives them checks them with it."
_OUTCOME = ("failures", "last_error", "last_success_at", "held_until", "created_by", "created_at")


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to tell, and of what."""

    url = forms.CharField(label="URL", widget=forms.TextInput(attrs={"class": "vLargeTextField", "inputmode": "url"}))
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in PATTERNS],
        initial=list(DEFAULT_EVENTS),
        widget=forms.CheckboxSelectMultiple,
        help_text="A star stands for every state.",
    )

    class Meta:
        model = Webhook
        fields = ("url", "label", "events", "enabled")

    def clean_url(self) -> str:
        try:
            return check_endpoint(self.cleaned_data["url"])
        except BadInput as error:
            raise ValidationError(str(error)) from error


@admin.register(Webhook)
class WebhookAdmin(ModelAdmin):
    """Endpoints that are told of changes."""

    form = WebhookForm
    change_form_template = "admin/archive/webhook/change_form.html"
    list_display = ("short_url", "label", "enabled", "told_of", "failures", "last_success_at", "short_error")
    readonly_fields = _OUTCOME
    show_full_result_count = False
    actions = ("test", "rotate")

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        return ("url", "label", "events", "enabled", *(_OUTCOME if obj else ()))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **ONE_BUTTON})

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            change_webhook(obj.pk, **wanted)
            return
        user: Any = request.user
        wanted = {name: form.cleaned_data[name] for name in ("label", "events", "enabled")}
        webhook, secret = create_webhook(form.cleaned_data["url"], user=user, **wanted)
        obj.pk = webhook.pk
        request.META["pagekeep.secret"] = secret

    def response_add(self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None) -> HttpResponse:
        return shown_once(request, "The secret of the new webhook", request.META["pagekeep.secret"], ADVICE, LIST)

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        remove_webhook(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook_id in list(queryset.values_list("pk", flat=True)):
            remove_webhook(webhook_id)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        # Its messages go with it, whatever may be done to them singly.
        _, counts, _, protected = super().get_deleted_objects(objs, request)
        return [str(webhook) for webhook in objs], counts, set(), protected

    @admin.display(description="URL", ordering="url")
    def short_url(self, webhook: Webhook) -> str:
        return shorten(webhook.url, SHORT)

    @admin.display(description="events")
    def told_of(self, webhook: Webhook) -> str:
        return ", ".join(webhook.events)

    @admin.display(description="last error")
    def short_error(self, webhook: Webhook) -> str:
        return shorten(webhook.last_error, SHORT)

    @admin.action(description="Send a test message", permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset[:5]:
            sent = try_webhook(webhook)
            if sent.status == DeliveryStatus.DELIVERED:
                self.message_user(request, f"{webhook}: the endpoint answered {sent.response_status}.")
            else:
                self.message_user(request, f"{webhook}: {sent.last_error}", messages.ERROR)

    @admin.action(description="Give it another secret", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> HttpResponse | None:
        if len(queryset) != 1:
            self.message_user(request, "Choose one webhook: each secret is shown once.", messages.WARNING)
            return None
        secret = rotate_secret(queryset[0].pk)
        advice = f"{ADVICE} For a day messages are signed with the former one too."
        return shown_once(request, "The new secret of the webhook", secret, advice, LIST)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    """Messages: sent, waiting, given up."""

    list_display = ("event", "status", "webhook", "attempts", "response_status", "short_error", "created_at")
    list_filter = ("status", "webhook")
    list_select_related = ("webhook",)

    @admin.display(description="last error")
    def short_error(self, delivery: WebhookDelivery) -> str:
        return shorten(delivery.last_error, SHORT)
