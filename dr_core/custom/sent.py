"""What came back to the errands that this process sent: all of it may be lost at any moment, and is then asked for."""

import threading
from collections import OrderedDict

from dr_core.custom.errand import Answer

_MOST = 1000


class Sent:
    """Answers by token, the last thousand. Looks at steps run in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def note(self, token: str, answer: Answer) -> None:
        with self._lock:
            self._answers[token] = answer
            self._answers.move_to_end(token)
            while len(self._answers) > _MOST:
                self._answers.popitem(last=False)

    def answer(self, token: str) -> Answer | None:
        """None: this process has sent nothing, or got no answer."""
        with self._lock:
            return self._answers.get(token)
