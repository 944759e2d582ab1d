"""A mail as it would travel: RFC 5322 source, as a file that mail programs open."""

from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from outreach.demo.outbox.mails import Kept

LINE = 78


def source(kept: Kept) -> bytes:
    """Return the mail as bytes, lines ended by CRLF."""
    mail = kept.mail
    body = EmailMessage(policy=SMTP)
    body.set_content(mail.text, cte="quoted-printable")
    body.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    body.set_boundary(f"=_{kept.id}")
    domain = mail.sender.email.rpartition("@")[2]
    headers = {
        "From": _mailbox(mail.sender.name, mail.sender.email),
        "To": mail.recipient,
        "Subject": mail.subject,
        "Date": format_datetime(kept.at),
        "Message-ID": f"<{kept.id}@{domain}>",
        **({"Reply-To": mail.reply_to} if mail.reply_to else {}),
        **mail.headers,
    }
    return "".join(_folded(name, value) for name, value in headers.items()).encode() + body.as_bytes()


def _mailbox(name: str, email: str) -> str:
    return formataddr((name, email)) if name.isascii() else f"{Header(name, 'utf-8').encode(maxlinelen=0)} <{email}>"


def _folded(name: str, value: str) -> str:
    """Fold at blanks only. Python's own folding wraps a long List-Unsubscribe into encoded words, which no mail
    program follows, and loses blanks between those of a long subject."""
    if not value.isascii():
        return f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=chr(13) + chr(10))}\r\n"
    first, *words = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if word and len(lines[-1]) + 1 + len(word) > LINE and lines[-1].strip():
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"
