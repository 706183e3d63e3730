"""Sharing files on Google Drive (v3 permissions)."""

from __future__ import annotations

from urllib.parse import quote

from bridge.adapters.google.client import Ambiguous, GoogleClient, Json, Refused
from bridge.application.errors import ConfigurationError, OutsideError, SaphanError
from bridge.application.ports.sharing import Answer, Fate, Holder

PAGE = 100  # the most that Drive gives at once
# Reasons of a 403 that speak of the bridge's own account; the others speak of the person.
_OUR_OWN = frozenset(
    {
        "insufficientFilePermissions",
        "insufficientPermissions",
        "appNotAuthorizedToFile",
        "accessNotConfigured",
        "forbidden",
        "PERMISSION_DENIED",
    }
)


class DriveSharing:
    """Implements ports.sharing.FileSharing. The client's account must be allowed to share the file, with the
    scope `drive` unless the account made the file."""

    def __init__(self, client: GoogleClient) -> None:
        self._client = client

    def holders(self, file: str) -> list[Holder]:
        fields = "nextPageToken,permissions(id,emailAddress,deleted)"
        asked: Json = {"supportsAllDrives": "true", "pageSize": PAGE, "fields": fields}
        found: list[Holder] = []
        while True:
            try:
                page = self._client.call("drive", "GET", _path(file), effect="read", params=asked)
            except Refused as refused:
                raise _ours(refused, file) or _unknown(refused, file) from refused
            found += [
                Holder(one["id"], one["emailAddress"])
                for one in page.get("permissions", [])
                if one.get("emailAddress") and not one.get("deleted")
            ]
            if not page.get("nextPageToken"):
                return found
            asked["pageToken"] = page["nextPageToken"]

    def share(self, file: str, email: str, role: str) -> Answer:
        asked = {
            "sendNotificationEmail": "false",
            "supportsAllDrives": "true",
            "fields": "id,emailAddress,role",
        }
        body = {"type": "user", "role": role, "emailAddress": email}
        try:
            made = self._client.call("drive", "POST", _path(file), effect="write", params=asked, body=body)
        except Ambiguous as lost:
            return Answer(Fate.UNKNOWN, said=str(lost))
        except Refused as refused:
            return _refusal(refused, file)
        return Answer(Fate.DONE, made["id"]) if made.get("id") else Answer(Fate.UNKNOWN)

    def unshare(self, file: str, permission: str) -> Answer:
        path = f"{_path(file)}/{quote(permission, safe='')}"
        try:
            self._client.call("drive", "DELETE", path, effect="write", params={"supportsAllDrives": "true"})
        except Ambiguous as lost:
            return Answer(Fate.UNKNOWN, said=str(lost))
        except Refused as refused:
            # The same status says of a file that it is out of sight: the person may open it all the same.
            if refused.status == 404 and refused.said.startswith("Permission"):
                return Answer(Fate.GONE)
            return _refusal(refused, file)
        return Answer(Fate.DONE, permission)


def _path(file: str) -> str:
    return f"/drive/v3/files/{quote(file, safe='')}/permissions"


def _refusal(refused: Refused, file: str) -> Answer:
    error = _ours(refused, file)
    if error is not None:
        raise error from refused
    return Answer(Fate.REFUSED, said=refused.said or refused.reason)


def _ours(refused: Refused, file: str) -> SaphanError | None:
    """What to mend before anybody can be shared with; None for a refusal of this person."""
    if refused.status == 404:
        return ConfigurationError("sharing_file_missing", file=file)
    if refused.status == 401:
        return ConfigurationError("google_sign_in", said=refused.said)
    if refused.reason == "sharingRateLimitExceeded":
        return OutsideError("sharing_limit", file=file, said=refused.said)
    return _unknown(refused, file) if refused.status == 403 and refused.reason in _OUR_OWN else None


def _unknown(refused: Refused, file: str) -> ConfigurationError:
    return ConfigurationError("sharing_not_allowed", file=file, said=refused.said or str(refused))
