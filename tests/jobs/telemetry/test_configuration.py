"""What the environment says of logs, metrics, lineage and messages is refused where it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import settings
from jobs.errors import UsageError

SECRETS = (
    settings.PSEUDONYM_KEY,
    settings.PSEUDONYM_KEY_BEFORE,
    settings.ENGINE_TOKEN,
    "PGPASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "PYICEBERG_CATALOG__X__CREDENTIAL",
)


def test_the_form_of_logs_is_text_unless_json_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.LOG, raising=False)
    assert settings.log_form() == "text"
    monkeypatch.setenv(settings.LOG, "json")
    assert settings.log_form() == "json"
    monkeypatch.setenv(settings.LOG, "xml")
    with pytest.raises(UsageError, match="set it to text or json"):
        settings.log_form()


def test_metrics_go_to_a_folder_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(settings.METRICS, str(tmp_path))
    assert settings.collected_metrics() == tmp_path
    monkeypatch.setenv(settings.METRICS, str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="no folder"):
        settings.collected_metrics()


def test_lineage_is_off_until_something_of_its_own_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not settings.has_lineage()
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "prod")
    assert not settings.has_lineage()
    (tmp_path / "openlineage.yml").touch()
    assert settings.has_lineage()
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "True")
    assert not settings.has_lineage()


@pytest.mark.parametrize("name", ["OPENLINEAGE_URL", "OPENLINEAGE__TRANSPORT__TYPE"])
def test_either_variable_turns_it_on(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http")
    assert settings.has_lineage()


def test_a_parent_may_have_a_namespace_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.lineage_parent() is None
    run = "01890a5d-ac96-774b-bcce-b302099a8057"
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"https://airflow/prod/dag.task/{run}")
    assert settings.lineage_parent() == settings.Parent("https://airflow/prod", "dag.task", run)


@pytest.mark.parametrize("given", ["dag.task", "prod/dag.task/scheduled__1"])
def test_a_parent_in_another_form_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", given)
    with pytest.raises(UsageError, match="NAMESPACE/JOB/RUN"):
        settings.lineage_parent()


def test_an_alert_is_words_without_a_shell_and_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv(settings.ALERT, "notify --title 'a refused night' $HOME")
    found = settings.alert_command()
    assert found is not None
    assert found[0] == ["notify", "--title", "a refused night", "$HOME"]
    assert "hush" not in found[1].values()
    assert "PATH" in found[1]


def test_an_alert_that_is_no_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.ALERT, "notify 'open")
    with pytest.raises(UsageError, match="quote its words"):
        settings.alert_command()
