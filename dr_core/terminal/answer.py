"""What a worker answers to a submission, as the terminal that waits for it reads it."""

from pydantic import ValidationError

from dr_core.errors import DrError, UnreachableError
from dr_core.value import Value


class Answer(Value):
    """Done, with what there is to look at; or not, with the error's words.

    `person` is whom the proof named, `arn` the caller that AWS named: the row keeps them after the proof is gone.
    """

    done: bool
    person: str | None = None
    arn: str | None = None
    request: str | None = None
    evacuation: str | None = None
    run: str | None = None
    incident: str | None = None
    drill: str | None = None
    code: str = ""
    exit_code: int = 0
    message: str = ""
    hint: str | None = None


class AnsweredError(DrError):
    """The worker's refusal, told in the terminal with the code and exit code that it had there."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message, hint=answer.hint)
        self.code = answer.code
        self.exit_code = answer.exit_code


def refused(error: DrError, person: str | None) -> Answer:
    """An error as an answer."""
    return Answer(
        done=False, person=person, code=error.code, exit_code=error.exit_code, message=error.message, hint=error.hint
    )


def read_answer(text: str) -> Answer:
    """A stored answer; UnreachableError where it is none that this version understands."""
    try:
        return Answer.model_validate_json(text)
    except ValidationError as error:
        raise UnreachableError("The worker's answer cannot be read by this version of `dr`.") from error
