"""What a request is refused with: one JSON form for every error."""

from __future__ import annotations

import json

from recsql.errors import visible


class Refused(Exception):
    """An answer that is an error: its HTTP status, a word for programs, and why."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.retry_after = retry_after

    @property
    def body(self) -> bytes:
        """Return the error as JSON.

        >>> Refused(404, "unknown_surface", "There is no surface x.").body
        b'{"error": {"status": 404, "code": "unknown_surface", \
"message": "There is no surface x."}}'
        """
        told = {"status": self.status, "code": self.code}
        return json.dumps(
            {"error": {**told, "message": visible(self.message)}}
        ).encode()
