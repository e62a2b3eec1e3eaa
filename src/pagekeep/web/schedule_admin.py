"""Schedules in the administration: add, pause, resume, run now, remove."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from pagekeep.archive.models import Schedule
from pagekeep.archive.persona_queries import persona_choices
from pagekeep.config.load import settings
from pagekeep.config.parsing import parse_size
from pagekeep.crawl.recurrence import parse_recurrence, parse_zone
from pagekeep.domain.errors import BadInput
from pagekeep.domain.persona_names import DEFAULT
from pagekeep.domain.plugins import PLUGINS
from pagekeep.domain.urls import parse_url, shorten, without_credentials
from pagekeep.services.add_schedule import DEFAULT_EVERY, add_schedule
from pagekeep.services.change_schedules import pause_schedules, remove_schedules, resume_schedules
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.crawl_options import MAX_NUMBER, check_limits
from pagekeep.services.run_schedules import run_now
from pagekeep.services.tagging import clean_names, split_tags

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Schedule]
    ModelForm = forms.ModelForm[Schedule]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm  # take type arguments in the type stubs only

SHORT = 100


class SizeField(forms.CharField):
    """Bytes, or a number with K, M, G or T; empty for no limit."""

    def clean(self, value: Any) -> int:
        text = super().clean(value).strip()
        try:
            size = parse_size(text) if text else 0
        except ValueError as error:
            raise forms.ValidationError(f"{shorten(text)!r} is no size; {error}.") from error
        _checked(lambda told: check_limits({"size": told}), size)
        return int(str(size))


class ScheduleForm(ModelForm):
    """What a new schedule is told; what is wrong is said beside the field."""

    url = forms.CharField(label="URL", widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "url"}))
    every = forms.CharField(
        initial=DEFAULT_EVERY,
        help_text="minute, hour, day, week, month, quarter or year; seconds (at least 60); or cron, like 30 3 * * MON.",
    )
    tags_str = forms.CharField(required=False, label="Tags", help_text="Separated by commas.")
    max_depth = forms.IntegerField(
        min_value=0, max_value=4, initial=0, label="Depth", help_text="How many links away to go."
    )
    only_new = forms.BooleanField(
        required=False, label="Only new", help_text="Pass over URLs archived already, this one included."
    )
    persona = forms.ChoiceField(
        required=False, initial=DEFAULT, choices=lambda: [(name, name) for name in persona_choices()]
    )
    time_zone = forms.CharField(required=False, label="Time zone", help_text="Whose clocks count, like Europe/Berlin.")
    label = forms.CharField(required=False, max_length=255, help_text="A name for it and its crawls.")
    max_urls = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_NUMBER,
        label="Most pages",
        help_text="Of one crawl; empty for no limit.",
    )
    crawl_timeout = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_NUMBER,
        label="Most seconds",
        help_text="After which a crawl ends; empty for no limit.",
    )
    max_size = SizeField(
        required=False,
        label="Most bytes",
        help_text="Of all outputs, after which a crawl ends, like 2G; empty for no limit.",
    )
    snapshot_max_size = SizeField(
        required=False, label="Most bytes of a page", help_text="Of one page's outputs, like 100M; empty for no limit."
    )
    plugins = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in PLUGINS],
        widget=forms.CheckboxSelectMultiple,
        label="Outputs",
        help_text="Make only these; without any, what the setting says.",
    )
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Kept with each crawl.")
    config = forms.JSONField(
        required=False, help_text='As a crawl\'s config in the API, like {"CRAWL_SCOPE": "host"}.', initial=dict
    )

    class Meta:
        model = Schedule
        fields = (
            *("url", "every", "time_zone", "tags_str", "label", "max_depth", "max_urls", "crawl_timeout"),
            *("max_size", "snapshot_max_size", "only_new", "persona", "plugins", "notes", "config"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].initial = settings().time_zone

    def clean_url(self) -> str:
        return str(_checked(parse_url, self.cleaned_data["url"]))

    def clean_every(self) -> str:
        _checked(parse_recurrence, self.cleaned_data["every"])
        return str(self.cleaned_data["every"])

    def clean_tags_str(self) -> str:
        _checked(clean_names, split_tags(self.cleaned_data["tags_str"]))
        return str(self.cleaned_data["tags_str"])

    def clean_config(self) -> dict[str, object]:
        config = self.cleaned_data["config"] or {}
        if not isinstance(config, dict):
            raise forms.ValidationError("Write a JSON object, like {}.")
        _checked(lambda told: crawl_settings(settings(), (), told), config)
        return config

    def clean_time_zone(self) -> str:
        name = self.cleaned_data["time_zone"].strip() or settings().time_zone
        _checked(parse_zone, name)
        return str(name)


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    """URLs that are archived again and again."""

    form = ScheduleForm
    list_display = (
        "short_url",
        "every",
        "time_zone",
        "is_enabled",
        "next_run_at",
        "last_run_at",
        "num_runs",
        "problem",
    )
    list_filter = ("is_enabled",)
    search_fields = ("url", "tags_str")
    raw_id_fields = ("last_crawl",)
    actions = ("run", "pause", "resume")
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        """Ask for what a schedule is told, and show all that is known of one."""
        if obj is None:
            return ScheduleForm.Meta.fields
        return [field.name for field in Schedule._meta.concrete_fields]

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Schedule:
        """Have the service write; Django's own save of the form would go past it."""
        told = form.cleaned_data
        form.instance = add_schedule(
            told["url"],
            user=request.user if request.user.is_authenticated else None,
            every=told["every"],
            tags=split_tags(told["tags_str"]),
            depth=told["max_depth"],
            only_new=told["only_new"],
            persona=told["persona"],
            time_zone=told["time_zone"],
            label=told["label"],
            notes=told["notes"],
            config=told["config"],
            plugins=told["plugins"],
            max_urls=told["max_urls"] or 0,
            max_size=told["max_size"],
            crawl_timeout=told["crawl_timeout"] or 0,
            snapshot_max_size=told["snapshot_max_size"],
        )
        made: Schedule = form.instance
        return made

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """Do nothing: it was written already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: nothing is related."""

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        remove_schedules([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        remove_schedules(queryset.values_list("pk", flat=True))

    @admin.display(description="URL", ordering="url")
    def short_url(self, schedule: Schedule) -> str:
        return shorten(without_credentials(schedule.url), SHORT)

    @admin.action(description="Run now", permissions=["delete"])
    def run(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        self.message_user(request, f"Crawls begun: {len(run_now(chosen))}.")
        for schedule in Schedule.objects.filter(pk__in=chosen).exclude(problem=""):
            self.message_user(request, schedule.problem, messages.WARNING)

    @admin.action(description="Pause", permissions=["delete"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self.message_user(request, f"Paused: {pause_schedules(queryset.values_list('pk', flat=True))}.")

    @admin.action(description="Resume", permissions=["delete"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self.message_user(request, f"Resumed: {resume_schedules(queryset.values_list('pk', flat=True))}.")


def _checked(check: Any, value: object) -> Any:
    try:
        return check(value)
    except BadInput as error:
        raise forms.ValidationError(str(error)) from error
