"""Has the official PyPI package `africastalking` ask for the account, send a message and call: africastalking_sdk.py RECORDER

It reads {"username": .., "key": .., "to": .., "from": .., "voice": .., "text": ..} from standard input. What it sends goes to the
recorder, which is on this machine, and nowhere else.
"""

import json
import sys

from africastalking.Application import ApplicationService
from africastalking.SMS import SMSService
from africastalking.Voice import VoiceService


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
    voice = VoiceService(*login)
    voice._baseUrl = recorder
    voice.call(order["voice"], [order["to"]])
    print("{}")


main()
