"""Every contract loads, says what it means, and gives the same columns to Spark, Arrow, Iceberg and the dictionary."""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
import yaml
from jsonschema import validators

from jobs import contracts
from jobs.errors import IolausError
from jobs.views import dictionary
from jobs.vocabulary import Role

NAMES = contracts.names()


def test_there_is_a_contract_for_every_promised_table() -> None:
    promised = {
        "campaigns", "campaign_members", "campaign_evidence", "campaign_daily", "campaign_lineage",
        "campaign_attributions", "campaign_rankings", "account_verdicts", "link_audit", "runs", "data_quality",
    }  # fmt: skip
    assert {name.split(".")[1] for name in contracts.names("published")} == promised


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_explains_itself(name: str) -> None:
    contract = contracts.load(name)
    assert contract.description.startswith("One row per")
    assert set(contract.key) <= set(contract.column_names)
    assert len(set(contract.column_names)) == len(contract.column_names)
    for column in contract.columns:
        assert len(column.description.split()) >= 2, column.name


@pytest.mark.parametrize("name", NAMES)
def test_schemas_have_the_columns_of_the_contract_in_order(name: str) -> None:
    contract = contracts.load(name)
    assert contracts.spark_schema(contract).names == list(contract.column_names)
    assert contracts.arrow_schema(contract).names == list(contract.column_names)
    assert [field.name for field in contracts.iceberg_schema(contract).fields] == ["ds", *contract.column_names]


@pytest.mark.parametrize("name", contracts.names("published"))
def test_published_tables_have_no_nested_type_and_start_with_the_night(name: str) -> None:
    contract = contracts.load(name)
    assert contract.column_names[0] == contract.key[0] == "as_of_date"
    assert not [column.name for column in contract.columns if "<" in column.type]


def test_all_differences_are_listed_at_once() -> None:
    contract = contracts.load("campaigns.features")
    found = contracts.differences(contract, {"campaign_id": "string", "feature": "int", "extra": "string"})
    assert found == [
        "column strength is missing",
        "column figure is missing",
        "column extra is not in the contract",
        "column feature is int instead of string",
    ]


def own_words(path: Path) -> dict[str, str]:
    """Column to the description that a contract gives itself."""
    properties = yaml.safe_load(path.read_text())["schema"][0].get("properties", [])
    return {each["name"]: each["description"] for each in properties if "description" in each}


def test_a_meaning_is_written_once() -> None:
    files = sorted(contracts.SCHEMAS.rglob(f"*{contracts.SUFFIX}"))
    used = {name for table in NAMES for name in contracts.load(table).column_names}
    assert set(contracts.columns()) == used, "a column that no table has, or none that is declared"
    said = Counter((name, text) for path in files for name, text in own_words(path).items())
    assert not [each for each, times in said.items() if times > 2], "two layers may narrow a meaning alike, not more"
    assert not [each for each in said if contracts.columns()[each[0]].description == each[1]]


def test_every_text_says_whom_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [each for each in contracts.columns().values() if each.type == "string"]
    assert len(texts) > 100
    assert all(each.names for each in texts)
    silent = tmp_path / "columns.yaml"
    silent.write_text("nickname: {type: string, privacy: internal, means: What friends say.}\n")
    monkeypatch.setattr(contracts, "COLUMNS", silent)
    with pytest.raises(IolausError, match="column nickname does not say whom it names"):
        contracts.columns.__wrapped__()


def test_what_a_name_depends_on_is_a_column_of_every_table_that_has_it() -> None:
    for table in NAMES:
        contract = contracts.load(table)
        needed = {column.names_if[0] for column in contract.columns if column.names_if}
        assert needed <= set(contract.column_names), table


def test_a_closed_set_of_words_is_that_of_the_vocabulary() -> None:
    (roles,) = [each.arguments["validValues"] for each in contracts.load("published.campaign_members").checks
                if each.column == "role" and each.metric == "invalidValues"]  # fmt: skip
    assert roles == [str(role) for role in Role]


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(IolausError, match=r"signals\.nonsense"):
        contracts.load("signals.nonsense")


def test_the_committed_dictionary_fits_the_contracts() -> None:
    assert dictionary.TARGET.read_text() == dictionary.render()


def test_every_contract_fits_the_standard() -> None:
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = validators.validator_for(schema)(schema)
    files = sorted(contracts.SCHEMAS.rglob(f"*{contracts.SUFFIX}"))
    assert len(files) > 60
    # As they are written, and with all of their columns written out.
    forms = {path.name: (yaml.safe_load(path.read_text()), contracts.document(path)) for path in files}
    wrong = {name: [e.message for form in each for e in validator.iter_errors(form)] for name, each in forms.items()}
    assert not {name: messages for name, messages in wrong.items() if messages}
    broken = yaml.safe_load(files[0].read_text()) | {"status": 7}
    assert list(validator.iter_errors(broken)), "the standard's schema finds nothing: the test would prove nothing"
