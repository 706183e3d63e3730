"""What every mail test needs: a clock that stands still, a certificate, a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.adapters.mail.message import Sender
from bridge.application.ports.mail import Letter
from tests.integration.mail.peers import make_certificate

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
SENDER = Sender("saphan@example.go.th", "สำนักงาน พมจ. ตัวอย่าง")


class ManualClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **parts: float) -> None:
        self.time += timedelta(**parts)


def letter(key: str = "act-1", **changes: str) -> Letter:
    values = {
        "key": key,
        "message_id": f"<{key}@saphan.example.go.th>",
        "recipient": "somsri@tambon.example.go.th",
        "subject": "แจ้งเปิดสิทธิ์เข้าใช้ระบบ",
        "text": "เรียน คุณ Somsri\n.จุดนำหน้า\n..\n\nhttps://saphan.example.go.th/a/x\n",
        "html": "<p>เรียน คุณ <b>Somsri</b></p>\n",
        **changes,
    }
    return Letter(**values)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("ใบรับรอง tls"))
