"""Every contract loads, says what it means, and gives the same columns to Spark, Arrow, Iceberg and the dictionary."""

from __future__ import annotations

import json
from importlib import resources

import pytest
import yaml
from jsonschema import validators

from jobs import contracts
from jobs.errors import IolausError
from jobs.views import dictionary

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
        "column observed is missing",
        "column extra is not in the contract",
        "column feature is int instead of string",
    ]


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(IolausError, match=r"signals\.nonsense"):
        contracts.load("signals.nonsense")


def test_the_committed_dictionary_fits_the_contracts() -> None:
    assert dictionary.TARGET.read_text() == dictionary.render()


def test_every_contract_fits_the_standard() -> None:
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = validators.validator_for(schema)(schema)
    files = sorted(contracts.SCHEMAS.rglob("*.yaml"))
    assert len(files) > 60
    wrong = {path.name: [e.message for e in validator.iter_errors(yaml.safe_load(path.read_text()))] for path in files}
    assert not {name: messages for name, messages in wrong.items() if messages}
    broken = yaml.safe_load(files[0].read_text()) | {"status": 7}
    assert list(validator.iter_errors(broken)), "the standard's schema finds nothing: the test would prove nothing"
