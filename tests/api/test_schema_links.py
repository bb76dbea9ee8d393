"""Links of the API's description: each leads from an answer's id to all that can be done with it."""

import pytest

from portal.api.schema import document
from portal.api.schema_links import CHOSEN, IN_ANSWERS
from tests.api.test_schema import OPERATIONS

BY_ID = {operation["operationId"]: (path, operation) for (path, _method), operation in OPERATIONS.items()}


def followed(pointer: str, value):
    for part in pointer.removeprefix("$response.body#/").split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


@pytest.mark.parametrize("name", sorted(IN_ANSWERS))
def test_link_takes_ids_that_the_answer_has(name):
    operation = BY_ID[name][1]
    own = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
    answers = [response for status, response in operation["responses"].items() if status.startswith("2")]
    assert answers != []
    for answer in answers:
        example = answer["content"]["application/json"]["example"]
        assert answer["links"] != {}
        for target, link in answer["links"].items():
            wanted = {each["name"]: each for each in BY_ID[target][1]["parameters"] if each["in"] == "path"}
            assert link["operationId"] == target
            assert link["parameters"].keys() == wanted.keys() - CHOSEN
            for parameter, expression in link["parameters"].items():
                if parameter in own:
                    assert expression == f"$request.path.{parameter}"
                else:
                    kind = {"integer": int, "string": str}[wanted[parameter]["schema"]["type"]]
                    assert isinstance(followed(expression, example), kind), (target, parameter)


def test_every_operation_about_one_thing_is_linked_to():
    linked = {
        link["operationId"]
        for methods in document()["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }

    assert {name for name, (path, _operation) in BY_ID.items() if "{" in path} == linked
