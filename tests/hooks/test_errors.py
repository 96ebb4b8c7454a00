"""The exceptions: one root, and messages that say where."""

import inspect

import pytest

from hooks import errors
from hooks.errors import CardwiseError, MalformedRequest, NotObtained, Problem, RequestError


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ([], ""),
        ([Problem("Expected JSON.")], "body: Expected JSON."),
        ([Problem("A.", "a.b"), Problem("B.", "c")], "a.b: A.; c: B."),
    ],
)
def test_a_refusal_reads_as_its_problems(problems: list[Problem], message: str) -> None:
    """The message of a refusal is each problem with its place; the problems stay to be listed."""
    error = MalformedRequest(*problems)
    assert str(error) == message
    assert error.problems == tuple(problems)


def test_not_obtained_says_what_and_why() -> None:
    """The key and the reason are there for the "not checked" card, and in the message."""
    error = NotObtained("allergies", "timeout")
    assert (error.key, error.reason) == ("allergies", "timeout")
    assert str(error) == "allergies was not obtained: timeout"


def test_one_root_for_all() -> None:
    """Everything raised on purpose can be caught by one name, and is in the module's tree."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    raised = [kind for kind in kinds if issubclass(kind, Exception)]
    assert all(issubclass(kind, CardwiseError) for kind in raised)
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in raised)


@pytest.mark.parametrize("name", ["UnknownService", "WrongHook", "WrongPatient"])
def test_what_the_sender_did_wrong_is_a_request_error(name: str) -> None:
    """The service answers 4xx to whatever is a `RequestError`, so these must be."""
    assert issubclass(getattr(errors, name), RequestError)
