"""A stateful local server that speaks the parts of Google's protocols that this project and gspread use.

`with serve() as google:` runs it in threads of the test; `python -m tests.stand_in.google --port N` as a process.
It stands in for Sheets v4, Drive v3, Forms v1, Gmail v1 and the token endpoint; loopback only, for tests only.
"""

from tests.stand_in.google.calls import Call
from tests.stand_in.google.faults import Fault, Kind
from tests.stand_in.google.forms import Form, Respondents
from tests.stand_in.google.people import Hand, People
from tests.stand_in.google.server import Google, serve

__all__ = ["Call", "Fault", "Form", "Google", "Hand", "Kind", "People", "Respondents", "serve"]
