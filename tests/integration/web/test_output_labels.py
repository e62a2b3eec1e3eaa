"""Every output has a name for people, and one file of it can be looked at where browsers show such files."""

from pagekeep.capture.testing import FILES
from pagekeep.domain.plugins import PLUGINS
from pagekeep.web.outputs import LABELS, outputs_of

# Archives, media and MHTML are for programs; browsers save them.
SAVED = {"media", "git", "mhtml", "warc", "wacz"}


def test_every_output_has_a_label_of_its_own():
    assert set(LABELS) == set(PLUGINS)
    assert len(set(LABELS.values())) == len(LABELS)


def test_main_file_of_every_output_can_be_looked_at(staff, make_snapshot):
    files = {f"{plugin}/{path}": (b"{}", mimetype) for plugin, (path, mimetype) in FILES.items()}
    files["sslcerts/chain.pem"] = (b"", "application/x-pem-file")
    snapshot = make_snapshot(files=files)
    mains = {output.plugin: output.main.path for output in outputs_of(snapshot) if output.main}
    assert mains == {plugin: path for plugin, (path, _) in FILES.items() if plugin not in SAVED}
    page = staff.get(f"/snapshot/{snapshot.pk}/").content.decode()
    assert all(f"<b>{label}</b>" in page for label in LABELS.values())
