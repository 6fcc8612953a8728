"""Has the official PyPI package `africastalking` ask for the account and send a message: africastalking_sdk.py RECORDER

It reads {"username": .., "key": .., "to": .., "from": .., "text": ..} from standard input. What it sends goes to the
recorder, which is on this machine, and nowhere else.
"""

import json
import sys

from africastalking.Application import ApplicationService
from africastalking.SMS import SMSService


def main():
    recorder = sys.argv[1]
    order = json.load(sys.stdin)
    login = order["username"], order["key"]
    account = ApplicationService(*login)
    sms = SMSService(*login)
    # The package knows only the addresses of Africa's Talking, so they are replaced after it was made.
    for service in account, sms:
        service._baseUrl = f"{recorder}/version1"
    account.fetch_application_data()
    sms.send(order["text"], [order["to"]], order["from"])
    print("{}")


main()
