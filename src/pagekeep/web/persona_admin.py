"""Personas in the administration: settings can be edited, cookies and storage be given and taken away, never read."""

from typing import TYPE_CHECKING, Any

import orjson
from django import forms
from django.contrib import admin, messages
from django.core.files.base import File
from django.db.models import Model
from django.http import HttpRequest

from pagekeep.archive.models import Persona
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.identity import COLOR_SCHEMES
from pagekeep.domain.persona_names import DEFAULT, persona_key, persona_name
from pagekeep.services.change_persona import change_persona
from pagekeep.services.make_persona import make_persona
from pagekeep.services.persona_parts import PersonaParts, persona_parts
from pagekeep.services.remove_persona import remove_persona
from pagekeep.services.wiring import persona_files
from pagekeep.storage.persona_files import AUTH, COOKIES

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Persona]
    ModelForm = forms.ModelForm[Persona]
else:
    ModelAdmin, ModelForm = admin.ModelAdmin, forms.ModelForm  # take type arguments in the type stubs only

_TEXTS = ("user_agent", "viewport_size", "viewport_device_scale_factor", "color_scheme", "language", "timezone")
_PLACE = ("latitude", "longitude", "accuracy")


class PersonaForm(ModelForm):
    """A persona's name and settings as fields; files of cookies and storage replace those it has."""

    user_agent = forms.CharField(
        required=False, help_text="Empty for the browser's own.", widget=forms.TextInput(attrs={"size": 80})
    )
    viewport_size = forms.CharField(required=False, help_text="Width and height in CSS pixels, like 1440x900.")
    viewport_device_scale_factor = forms.FloatField(
        required=False, label="Scale", help_text="Pixels of the screen for each CSS pixel, like 2."
    )
    color_scheme = forms.ChoiceField(required=False, choices=[("", "none"), *((name, name) for name in COLOR_SCHEMES)])
    language = forms.CharField(required=False, help_text="Like de-DE, or several like de-DE,en.")
    timezone = forms.CharField(required=False, label="Time zone", help_text="Like Europe/Berlin.")
    latitude = forms.FloatField(required=False, help_text="Degrees north.")
    longitude = forms.FloatField(required=False, help_text="Degrees east.")
    accuracy = forms.FloatField(required=False, help_text="Metres.")
    cookies_file = forms.FileField(
        required=False, label="Cookies", help_text="A Netscape cookies.txt; it takes the place of the cookies it has."
    )
    clear_cookies = forms.BooleanField(required=False, label="Take its cookies away")
    storage_file = forms.FileField(
        required=False, label="Storage", help_text="An auth.json or Playwright storage state, in place of what it has."
    )
    clear_storage = forms.BooleanField(required=False, label="Take its storage away")

    class Meta:
        model = Persona
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = self.instance.config
        self.initial.update({name: config.get(name) for name in _TEXTS}, **(config.get("geolocation") or {}))
        if self.instance.key == persona_key(DEFAULT):
            self.fields["name"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Check what services would refuse, so that it is told beside the form."""
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["parts"] = self._parts(cleaned)
            if "name" in cleaned:
                persona_name(cleaned["name"])
        except PagekeepError as error:
            raise forms.ValidationError(str(error)) from error
        key = persona_key(cleaned.get("name") or "")
        if cleaned.get("name") and Persona.objects.filter(key=key).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is a persona of that name already; choose another.")
        return cleaned

    def _parts(self, cleaned: dict[str, Any]) -> PersonaParts:
        place = {name: cleaned[name] for name in _PLACE if cleaned.get(name) is not None}
        settings = {name: cleaned.get(name) for name in _TEXTS} | {"geolocation": place or None}
        cookies = "" if cleaned.get("clear_cookies") else _text(cleaned.get("cookies_file"))
        auth = {} if cleaned.get("clear_storage") else _json(cleaned.get("storage_file"))
        return persona_parts(settings, cookies, auth)


@admin.register(Persona)
class PersonaAdmin(ModelAdmin):
    """Who the browser is to the sites it visits."""

    form = PersonaForm
    list_display = ("name", "language", "timezone", "created_by", "modified_at")
    list_select_related = ("created_by",)
    actions = None  # one is removed on a page of its own, which asks first
    search_fields = ("name",)
    readonly_fields = ("what_it_has",)
    show_full_result_count = False

    @admin.display(description="language")
    def language(self, persona: Persona) -> str:
        return str(persona.config.get("language", ""))

    @admin.display(description="time zone")
    def timezone(self, persona: Persona) -> str:
        return str(persona.config.get("timezone", ""))

    @admin.display(description="What it has of sites")
    def what_it_has(self, persona: Persona) -> str:
        files = persona_files(persona.pk)
        has = [name for name, file in (("cookies", COOKIES), ("storage", AUTH)) if files.read(file)]
        return " and ".join(has) or "nothing"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_default = isinstance(obj, Persona) and obj.key == persona_key(DEFAULT)
        return self.has_view_permission(request) and not is_default

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Persona:
        """Have the service write; Django's own save of the form would go past it."""
        parts, name = form.cleaned_data["parts"], form.cleaned_data["name"]
        if change:
            form.instance = change_persona(form.instance.pk, parts, name=name)
        else:
            user = request.user if request.user.is_authenticated else None
            form.instance = make_persona(name, parts, user=user)
        made: Persona = form.instance
        return made

    def save_model(self, request: HttpRequest, obj: Persona, form: Any, change: bool) -> None:
        """Do nothing: it was written already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: nothing is related."""

    def delete_model(self, request: HttpRequest, obj: Persona) -> None:
        try:
            remove_persona(obj.pk)
        except PagekeepError as error:
            self.message_user(request, str(error), messages.ERROR)


def _text(file: "File[bytes] | None") -> str | None:
    if file is None:
        return None
    try:
        return str(file.read().decode())
    except UnicodeDecodeError as error:
        raise forms.ValidationError("The file of cookies is no text in UTF-8; export it as a cookies.txt.") from error


def _json(file: "File[bytes] | None") -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        found = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise forms.ValidationError("The file of storage is no JSON.") from error
    if not isinstance(found, dict):
        raise forms.ValidationError("The file of storage holds no JSON object.")
    return found
