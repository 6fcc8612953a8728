"""What the PyPI package `standardwebhooks` says of posts, and how it signs some.

It reads {"key": .., "posts": [{"headers": .., "body": ..}], "bodies": [{"id": .., "body": ..}]} from standard input, and
prints {"verified": [..], "signed": [..]}: of each post null or why it is not believed, and of each body the headers.
"""

import json
import sys
from datetime import datetime, timezone

from standardwebhooks import Webhook, WebhookVerificationError


def why_not(webhook, post):
    try:
        webhook.verify(post["body"], post["headers"])
    except WebhookVerificationError as wrong:
        return str(wrong)
    return None


def headers(webhook, item):
    now = datetime.now(timezone.utc)
    return {
        "content-type": "application/json",
        "webhook-id": item["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(item["id"], now, item["body"]),
    }


def main():
    asked = json.load(sys.stdin)
    webhook = Webhook(asked["key"])
    said = {
        "verified": [why_not(webhook, post) for post in asked.get("posts", [])],
        "signed": [headers(webhook, item) for item in asked.get("bodies", [])],
    }
    json.dump(said, sys.stdout)


main()
