"""The web's part of the Django settings, from the province; applied when the portal is served."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bridge.bootstrap import Office
from bridge.config_parts import PortalPart
from bridge.portal.sessions import WORKING_DAY
from bridge.settings import ACCOUNT_MIDDLEWARE
from bridge.workspace import PROJECT, TEMPLATES

YEAR = 365 * 24 * 3600
MOST_FORM_BYTES = 2_000_000


def web_settings(office: Office) -> dict[str, Any]:
    portal = office.province.portal
    return {
        "DEBUG": False,
        "ALLOWED_HOSTS": hosts(portal),
        "ROOT_URLCONF": "bridge.portal.urls",
        "MIDDLEWARE": _MIDDLEWARE,
        "TEMPLATES": [_TEMPLATES],
        "FORM_RENDERER": "django.forms.renderers.Jinja2",
        "AUTHENTICATION_BACKENDS": ["bridge.portal.accounts.ByEmail"],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "menu",
        "LOGOUT_REDIRECT_URL": "account_login",
        "SESSION_ENGINE": "bridge.portal.signed_in",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": MOST_FORM_BYTES,
        "FILE_UPLOAD_HANDLERS": ["bridge.portal.uploads.CaseFiles"],
        "MFA_TOTP_ISSUER": office.province.province.office,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not portal.https,  # browsers themselves allow it on localhost alone
        "LOGGING_CONFIG": None,
        **_cookies(portal.https),
        **_headers(portal.https),
        **_static(office),
    }


def most_bytes(portal: PortalPart) -> int:
    """Of one request. There is room for two files more than may be attached: so much too much still gets an answer
    that names the files; of what is larger nothing is kept, and the answer is 413 (channel.py)."""
    files = portal.attachments + 2 if portal.attachments else 0
    return MOST_FORM_BYTES + files * portal.attachment_bytes


def hosts(portal: PortalPart) -> list[str]:
    """The one name that the portal answers to; on this machine both of its names."""
    name = urlsplit(portal.base_url).hostname or ""
    loopback = ["127.0.0.1", "localhost", "[::1]"]
    return loopback if name in ("127.0.0.1", "localhost", "::1") else [name]


def _cookies(https: bool) -> dict[str, Any]:
    """The prefix makes browsers refuse a cookie that another host or an unsafe page has set; it needs TLS."""
    prefix = "__Host-" if https else ""
    return {
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": WORKING_DAY,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SECURE": https,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_AGE": None,
        "CSRF_FAILURE_VIEW": "bridge.portal.trouble.forged",
    }


def _headers(https: bool) -> dict[str, Any]:
    return {
        "SECURE_HSTS_SECONDS": YEAR if https else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": https,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",  # a stricter one would hide the origin from the check of forms
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": ["'none'"],
                "object-src": ["'none'"],
                "script-src": ["'self'"],
                "style-src": ["'self'"],
                "img-src": ["'self'", "data:"],
                "connect-src": ["'self'"],
                "form-action": ["'self'"],
                "base-uri": ["'none'"],
                "frame-ancestors": ["'none'"],
            }
        },
    }


def _static(office: Office) -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "STATIC_ROOT": str(office.workspace.static),
        "STATICFILES_DIRS": [
            str(PROJECT / "bridge" / "portal" / "static"),
            str(office.workspace.portal_own),
        ],
        "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.FileSystemFinder"],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
    }


_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bridge.portal.headers.bodiless",
    "bridge.portal.headers.private",
    "bridge.portal.trouble.at_the_door",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bridge.portal.sessions.bounded",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    ACCOUNT_MIDDLEWARE,
]

_TEMPLATES = {
    "BACKEND": "django.template.backends.jinja2.Jinja2",
    "DIRS": [str(TEMPLATES / "portal")],
    "APP_DIRS": False,
    "OPTIONS": {
        "environment": "bridge.portal.pages.environment",
        "context_processors": ["bridge.portal.pages.around"],
    },
}
