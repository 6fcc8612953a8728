"""A foreign client of the public contract, made from our proto files with grpcio.

Calls all 22 RPCs of `GrpcWebService` and looks at the replies, and hears all ten kinds of notifications on
`StreamNotifications`. Phones are played through `switchboard.v1.Sandbox`, which is plain gRPC too. Run by
setup.sh: client.py ADDRESS ORG APP, with the API key in SWITCHBOARD_INTEROP_KEY.
"""

import os
import queue
import sys
import threading
import time
import traceback

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import Int32Value, StringValue
from hera import common_pb2 as c
from hera import web_pb2 as w
from hera import web_pb2_grpc
from switchboard.v1 import event_pb2 as e
from switchboard.v1 import sandbox_pb2 as s
from switchboard.v1 import sandbox_pb2_grpc

ADDRESS, ORG, APP = sys.argv[1:4]
KEY = os.environ["SWITCHBOARD_INTEROP_KEY"]
WAIT = 20

JANE = c.CustomerNumber(provider=c.CUSTOMER_NUMBER_PROVIDER_TELCO, number="+254711000001")
SMS = c.MessagingChannelNumber(channel=c.MESSAGING_CHANNEL_SMS, number="40404")
WHATSAPP = c.MessagingChannelNumber(channel=c.MESSAGING_CHANNEL_WHATSAPP, number="40405")
LINE = c.VoiceChannelNumber(channel=c.VOICE_CHANNEL_TELCO, number="+254711082300")
TILL = c.PaymentChannelNumber(channel=c.PAYMENT_CHANNEL_TELCO, number="525900")
PURSE = c.PaymentCounterParty(purse=c.PaymentPurseCounterParty(purse_id="till"))


def telco(number):
    return c.CustomerNumber(provider=c.CUSTOMER_NUMBER_PROVIDER_TELCO, number=number)


def text(words):
    return c.CustomerMessageBody(text=c.TextMessageBody(text=StringValue(value=words)))


def pair(key, value=None):
    return c.IndexMapping(key=key, value=None if value is None else StringValue(value=value))


def index(key, value):
    # As the SDKs do it, the timestamp is always written, and is 0 if there is no expiry.
    return c.CustomerIndex(mapping=pair(key, value), expiration=Timestamp(seconds=0))


def kes(amount):
    return c.Cash(currency_code="KES", amount=amount)


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def done(reply):
    """Checks that a reply which only says yes or no says yes."""
    if reply.status is not True or not reply.description:
        raise AssertionError(f"refused: {reply.description!r}")
    return reply


class Stub:
    """A stub that sends our metadata with every call and remembers which rpcs were called."""

    def __init__(self, stub, metadata, called):
        self.stub, self.metadata, self.called = stub, metadata, called

    def __getattr__(self, rpc):
        method = getattr(self.stub, rpc)

        def call(request):
            self.called.add(rpc)
            return method(request, metadata=self.metadata, timeout=WAIT)

        return call


class Ear:
    """The notifications of one stream, by kind."""

    def __init__(self, hera):
        self.heard = {field.name: queue.Queue() for field in w.WebhookRequest.DESCRIPTOR.oneofs_by_name["entry"].fields}
        self.kinds = set()
        self.stream = hera.stub.StreamNotifications(
            w.StreamNotificationRequest(org_id=ORG, app_id=APP), metadata=hera.metadata
        )
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            for request in self.stream:
                equal((request.org_id, request.app_id), (ORG, APP))
                kind = request.WhichOneof("entry")
                self.kinds.add(kind)
                self.heard[kind].put(getattr(request, kind))
        except grpc.RpcError as error:
            self.end = error.code()

    def next(self, kind, fits=lambda _: True):
        """Waits for the next notification of a kind that fits, and skips others of the kind."""
        until = time.monotonic() + WAIT
        while True:
            try:
                heard = self.heard[kind].get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind} within {WAIT} s") from None
            if fits(heard):
                return heard


CHECKS = []


def check(*rpcs):
    def register(function):
        CHECKS.append((rpcs, function))
        return function

    return register


class World:
    """The stubs and helpers that all checks use."""

    def __init__(self):
        self.channel = grpc.insecure_channel(ADDRESS)
        self.called = set()
        stub = web_pb2_grpc.GrpcWebServiceStub(self.channel)
        self.hera = Stub(stub, (("api-key", KEY),), self.called)
        phones = sandbox_pb2_grpc.SandboxStub(self.channel)
        self.phones = Stub(phones, (("api-key", KEY),), set())
        self.ear = None
        self.jane = None

    def state(self, **customer):
        reply = done(self.hera.GetCustomerState(w.GetCustomerStateRequest(org_id=ORG, **customer)))
        return reply.data

    def phone(self, rpc, request):
        reply = getattr(self.phones, rpc)(request)
        if not reply.ok:
            raise AssertionError(f"the phone's {rpc}: {reply.description}")
        return reply


@check("AuthToken")
def a_token_works_in_place_of_the_key(world):
    reply = world.hera.AuthToken(w.AuthTokenRequest(org_id=ORG))
    equal(reply.lifetime.seconds, 3600)
    with_token = Stub(world.hera.stub, (("auth-token", reply.token),), set())
    done(with_token.GetCustomerState(w.GetCustomerStateRequest(org_id=ORG, customer_number=JANE)))
    try:
        with_token.AuthToken(w.AuthTokenRequest(org_id=ORG))
        raise AssertionError("a token made a token (R-TOKEN-1)")
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.PERMISSION_DENIED)
    try:
        world.hera.stub.AuthToken(w.AuthTokenRequest(org_id=ORG), timeout=WAIT)
        raise AssertionError("no key at all was accepted (R-AUTH-1)")
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.UNAUTHENTICATED)


@check("StreamNotifications")
def the_stream_opens(world):
    world.called.add("StreamNotifications")
    world.ear = Ear(world.hera)


@check("GetCustomerState")
def an_unknown_number_creates_and_an_unknown_id_does_not(world):
    data = world.state(customer_number=JANE)
    world.jane = data.customer_id
    if not world.jane.startswith("el_cst_") or len(world.jane) != 39:
        raise AssertionError(world.jane)
    # JS clients read these without a check (R-STATE-1).
    for field in ("messaging_state", "ussd_state", "voice_state", "payment_state"):
        equal(data.HasField(field), True)
    equal([n.number for n in data.messaging_state.customer_numbers], [JANE.number])
    nobody = world.hera.GetCustomerState(w.GetCustomerStateRequest(org_id=ORG, customer_id="el_cst_" + "0" * 32))
    equal((nobody.status, nobody.HasField("data")), (False, False))
    none = world.hera.GetCustomerState(w.GetCustomerStateRequest(org_id=ORG))
    equal((none.status, none.description), (False, "no customer given"))


@check("UpdateCustomerTag")
def tags_are_set(world):
    reply = world.hera.UpdateCustomerTag(
        w.UpdateCustomerTagRequest(org_id=ORG, customer_number=JANE, tags=[index("tier", "gold"), index("lang", "sw")])
    )
    equal(done(reply).customer_id.value, world.jane)
    tags = [(t.mapping.key, t.mapping.value.value, t.expiration.seconds) for t in world.state(customer_id=world.jane).tags]
    equal(tags, [("tier", "gold", 0), ("lang", "sw", 0)])


@check("DeleteCustomerTag")
def tags_are_deleted_by_key(world):
    for _ in range(2):  # The second time there is nothing to delete, which is no error (R-REPLY-4).
        done(world.hera.DeleteCustomerTag(w.DeleteCustomerTagRequest(org_id=ORG, customer_id=world.jane, keys=["lang"])))
    equal([t.mapping.key for t in world.state(customer_id=world.jane).tags], ["tier"])


@check("UpdateCustomerSecondaryId")
def secondary_ids_find_the_customer(world):
    ids = [index("passport", "808083"), index("member", "7")]
    done(world.hera.UpdateCustomerSecondaryId(
        w.UpdateCustomerSecondaryIdRequest(org_id=ORG, customer_id=world.jane, secondary_ids=ids)
    ))
    equal(world.state(secondary_id=pair("passport", "808083")).customer_id, world.jane)


@check("DeleteCustomerSecondaryId")
def a_key_without_a_value_deletes_all_of_it(world):
    done(world.hera.DeleteCustomerSecondaryId(
        w.DeleteCustomerSecondaryIdRequest(org_id=ORG, customer_id=world.jane, mappings=[pair("member")])
    ))
    equal([i.mapping.key for i in world.state(customer_id=world.jane).secondary_ids], ["passport"])


@check("UpdateCustomerMetadata")
def both_arms_are_kept_byte_for_byte(world):
    metadata = {"name": c.DataMapValue(string_val='"Jane"'), "photo": c.DataMapValue(bytes_val=b"\x00\xff\x7f")}
    done(world.hera.UpdateCustomerMetadata(
        w.UpdateCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, metadata=metadata)
    ))
    state = world.state(customer_id=world.jane)
    equal(dict(state.metadata), metadata)
    bare = world.hera.UpdateCustomerMetadata(
        w.UpdateCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, metadata={"x": c.DataMapValue()})
    )
    equal(bare.status, False)


@check("LeaseCustomerMetadata")
def a_second_lease_waits_for_the_update(world):
    def lease():
        return world.hera.LeaseCustomerMetadata(
            w.LeaseCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, key="name")
        )

    # A key without a value: the value is there and empty, because clients take it apart without a
    # check (D-LEASE-VALUE).
    new = done(world.hera.LeaseCustomerMetadata(
        w.LeaseCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, key="new")
    ))
    equal((new.HasField("value"), new.value.WhichOneof("value")), (True, None))
    equal(done(lease()).value.string_val, '"Jane"')
    second = queue.Queue()
    threading.Thread(target=lambda: second.put(lease()), daemon=True).start()
    try:
        raise AssertionError(f"the second lease did not wait: {second.get(timeout=0.5)}")
    except queue.Empty:
        pass
    metadata = {"name": c.DataMapValue(string_val='"Jane W"')}
    done(world.hera.UpdateCustomerMetadata(
        w.UpdateCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, metadata=metadata)
    ))
    equal(done(second.get(timeout=WAIT)).value.string_val, '"Jane W"')


@check("DeleteCustomerMetadata")
def metadata_is_deleted_by_key(world):
    done(world.hera.DeleteCustomerMetadata(
        w.DeleteCustomerMetadataRequest(org_id=ORG, customer_id=world.jane, keys=["photo", "name"])
    ))
    equal(dict(world.state(customer_id=world.jane).metadata), {})


def reminder(key, seconds, app=APP):
    return c.CustomerReminder(
        app_id=app, key=key, expiration=Timestamp(seconds=seconds), payload=StringValue(value="call back")
    )


@check("AddCustomerReminder")
def a_reminder_of_the_past_fires_at_once(world):
    done(world.hera.AddCustomerReminder(
        w.AddCustomerReminderRequest(org_id=ORG, customer_id=world.jane, reminder=reminder("now", int(time.time()) - 5))
    ))
    heard = world.ear.next("reminder", lambda n: n.reminder.key == "now")
    equal((heard.customer_id, heard.reminder.payload.value), (world.jane, "call back"))
    equal(heard.HasField("work_id"), False)
    other = world.hera.AddCustomerReminder(
        w.AddCustomerReminderRequest(org_id=ORG, customer_id=world.jane, reminder=reminder("x", int(time.time()), "other"))
    )
    equal(other.status, False)


@check("CancelCustomerReminder")
def a_cancelled_reminder_is_gone_and_so_is_one_that_never_was(world):
    done(world.hera.AddCustomerReminder(
        w.AddCustomerReminderRequest(org_id=ORG, customer_id=world.jane, reminder=reminder("soon", int(time.time()) + 3600))
    ))
    for key in ("soon", "soon", "never"):
        done(world.hera.CancelCustomerReminder(
            w.CancelCustomerReminderRequest(org_id=ORG, customer_id=world.jane, app_id=APP, key=key)
        ))


@check("AddCustomerReminderByTag")
def a_reminder_by_tag_names_tag_and_work(world):
    reply = done(world.hera.AddCustomerReminderByTag(
        w.AddCustomerReminderTagRequest(org_id=ORG, tag=pair("tier", "gold"), reminder=reminder("all", int(time.time()) - 5))
    ))
    heard = world.ear.next("reminder", lambda n: n.reminder.key == "all")
    equal((heard.customer_id, heard.work_id.value), (world.jane, reply.work_id.value))
    equal(heard.tag.mapping.value.value, "gold")


@check("CancelCustomerReminderByTag")
def a_schedule_by_tag_is_cancelled(world):
    done(world.hera.AddCustomerReminderByTag(
        w.AddCustomerReminderTagRequest(org_id=ORG, tag=pair("tier", "gold"), reminder=reminder("later", int(time.time()) + 3600))
    ))
    reply = done(world.hera.CancelCustomerReminderByTag(
        w.CancelCustomerReminderTagRequest(org_id=ORG, tag=pair("tier", "gold"), app_id=APP, key="later")
    ))
    if not reply.work_id.value.startswith("el_wrk_"):
        raise AssertionError(reply)


@check("SendMessage")
def a_message_is_sent_and_delivered(world):
    reply = world.hera.SendMessage(w.SendMessageRequest(
        org_id=ORG, app_id=APP, customer_number=JANE, channel_number=SMS, body=text("Karibu")
    ))
    equal((reply.status, reply.customer_id.value), (c.MESSAGE_DELIVERY_STATUS_SENT, world.jane))
    heard = world.ear.next("message_status", lambda n: n.message_id == reply.message_id.value)
    equal(heard.status, c.MESSAGE_DELIVERY_STATUS_DELIVERED)
    none = world.hera.SendMessage(w.SendMessageRequest(org_id=ORG, app_id=APP, customer_number=JANE, channel_number=SMS))
    equal(none.status, c.MESSAGE_DELIVERY_STATUS_INVALID_REQUEST)
    closed = world.hera.SendMessage(w.SendMessageRequest(
        org_id=ORG, app_id=APP, customer_number=JANE, channel_number=WHATSAPP, body=text("Karibu")
    ))
    equal(closed.status, c.MESSAGE_DELIVERY_STATUS_ONLY_TEMPLATE_ALLOWED)


@check("SendMessageByTag")
def a_message_goes_to_everyone_with_the_tag(world):
    reply = done(world.hera.SendMessageByTag(w.SendMessageTagRequest(
        org_id=ORG, app_id=APP, tag=pair("tier", "gold"), channel_number=SMS, body=text("To all of you")
    )))
    if not reply.work_id.value.startswith("el_wrk_"):
        raise AssertionError(reply)
    # The reply to such work names no messages, so that the first status of each message is notified
    # too.
    for status in (c.MESSAGE_DELIVERY_STATUS_SENT, c.MESSAGE_DELIVERY_STATUS_DELIVERED):
        heard = world.ear.next("message_status")
        equal((heard.customer_id, heard.status), (world.jane, status))


@check("ReplyToMessage")
def a_received_message_is_answered_in_its_session(world):
    world.phone("SendMessage", s.PhoneMessage(**{
        "org_id": ORG,
        "from": JANE,
        "to": e.ChannelNumber(channel=e.CHANNEL_WHATSAPP, number="40405"),
        "body": e.Body(text="Habari"),
    }))
    session = world.ear.next("messaging_session_status")
    equal((session.customer_id, session.status), (world.jane, c.MESSAGING_SESSION_STATUSN_ACTIVE))
    received = world.ear.next("received_message")
    equal((received.customer_id, received.text.value), (world.jane, "Habari"))
    reply = world.hera.ReplyToMessage(w.ReplyToMessageRequest(
        org_id=ORG, app_id=APP, customer_id=world.jane, reply_to_message_id=received.message_id, body=text("Karibu")
    ))
    equal(reply.status, c.MESSAGE_DELIVERY_STATUS_SENT)
    wrong = world.hera.ReplyToMessage(w.ReplyToMessageRequest(
        org_id=ORG, app_id=APP, customer_id=world.jane, reply_to_message_id="el_msg_none", body=text("Karibu")
    ))
    equal(wrong.status, c.MESSAGE_DELIVERY_STATUS_INVALID_REPLY_TO_MESSAGE_ID)


@check("MessagingConsent")
def an_opt_out_works_at_once_and_an_opt_in_is_confirmed(world):
    def ask(action):
        return world.hera.MessagingConsent(w.MessagingConsentRequest(
            org_id=ORG, app_id=APP, customer_number=JANE, channel_number=SMS, action=action
        ))

    equal(ask(c.MESSAGING_CONSENT_ACTION_OPT_OUT).status, c.MESSAGING_CONSENT_STATUS_OPT_OUT_COMPLETED)
    equal(world.ear.next("messaging_consent_status").status, c.MESSAGING_CONSENT_STATUS_OPT_OUT_COMPLETED)
    refused = world.hera.SendMessage(w.SendMessageRequest(
        org_id=ORG, app_id=APP, customer_number=JANE, channel_number=SMS, body=text("Still there?")
    ))
    equal(refused.status, c.MESSAGE_DELIVERY_STATUS_NO_CONSENT)
    equal(ask(c.MESSAGING_CONSENT_ACTION_OPT_IN).status, c.MESSAGING_CONSENT_STATUS_OPT_IN_REQUEST_SENT)
    equal(world.ear.next("messaging_consent_status").status, c.MESSAGING_CONSENT_STATUS_OPT_IN_COMPLETED)
    equal(ask(c.MESSAGING_CONSENT_ACTION_UNSPECIFIED).status, c.MESSAGING_CONSENT_STATUS_APPLICATION_ERROR)


@check("InitiatePayment")
def money_moves_between_phone_purse_and_wallet(world):
    def pay(debit, credit, value):
        return world.hera.InitiatePayment(w.InitiatePaymentRequest(
            org_id=ORG, app_id=APP, debit_party=debit, credit_party=credit, value=value
        ))

    # The customer pays first, so that there is money in the purse.
    world.phone("Pay", s.PayRequest(**{"org_id": ORG, "from": JANE, "to": "525900", "value": kes(500)}))
    received = world.ear.next("received_payment")
    equal((received.purse_id, received.customer_id, received.value.amount), ("till", world.jane, 500.0))
    # A checkout, in which the payer is asked to pay and agrees.
    payer = c.PaymentCounterParty(customer=c.PaymentCustomerCounterParty(customer_number=JANE, channel_number=TILL))
    checkout = pay(payer, PURSE, kes(1500))
    equal((checkout.status, checkout.debit_customer_id.value), (c.PAYMENT_STATUS_PENDING_CONFIRMATION, world.jane))
    heard = world.ear.next("payment_status", lambda n: n.transaction_id == checkout.transaction_id.value)
    equal((heard.status, heard.customer_id.value), (c.PAYMENT_STATUS_SUCCESS, world.jane))
    # A payment into a wallet, which its first credit opens. It is done at once.
    wallet = c.PaymentCounterParty(wallet=c.PaymentWalletCounterParty(customer_id=world.jane, wallet_id="savings"))
    moved = pay(PURSE, wallet, kes(200))
    equal((moved.status, moved.credit_customer_id.value), (c.PAYMENT_STATUS_SUCCESS, world.jane))
    heard = world.ear.next("wallet_payment_status")
    equal((heard.wallet_id, heard.transaction_id), ("savings", moved.transaction_id.value))
    balance = world.state(customer_id=world.jane).payment_state.wallets["savings"]
    equal((balance.actual.amount, balance.available.amount, balance.currency_code), (200.0, 200.0, "KES"))
    # Payments that are refused, each with its code.
    equal(pay(PURSE, wallet, kes(float("nan"))).status, c.PAYMENT_STATUS_INVALID_REQUEST)
    equal(pay(PURSE, wallet, kes(1_000_000)).status, c.PAYMENT_STATUS_INSUFFICIENT_FUNDS)
    equal(pay(payer, payer, kes(1)).status, c.PAYMENT_STATUS_NOT_SUPPORTED)


@check("MakeVoiceCall", "SendWebhookResponse")
def a_call_is_steered_and_a_ussd_session_answered(world):
    def answer(session, **with_what):
        return world.hera.SendWebhookResponse(w.WebhookResponse(org_id=ORG, app_id=APP, session_id=session, **with_what))

    # USSD: the input of a bare dial is set and empty (R-USSD-1).
    dialled = world.phone("DialUssd", s.DialUssdRequest(**{"org_id": ORG, "from": JANE, "code": "*384#"}))
    heard = world.ear.next("ussd_session")
    equal((heard.session_id, heard.HasField("input"), heard.input.value), (dialled.subject_id, True, ""))
    done(answer(heard.session_id, ussd_menu=c.UssdMenu(text="1 Balance")))
    equal(answer(heard.session_id, ussd_menu=c.UssdMenu(text="again")).status, False)
    world.phone("AnswerUssd", s.AnswerUssdRequest(org_id=ORG, session_id=heard.session_id, input="1"))
    equal(world.ear.next("ussd_session").input.value, "1")
    done(answer(heard.session_id, ussd_menu=c.UssdMenu(text="KES 1,500.00", is_terminal=True)))
    hops = world.state(customer_id=world.jane).ussd_state.sessions[0].hops
    equal([hop.menu.text for hop in hops], ["1 Balance", "KES 1,500.00"])

    # Voice: the phone picks up by itself, presses keys when it is asked for some, and the call
    # ends.
    call = world.hera.MakeVoiceCall(w.MakeVoiceCallRequest(
        org_id=ORG, app_id=APP, customer_number=JANE, channel_number=LINE
    ))
    equal((call.status, call.customer_id.value), (c.VOICE_CALL_STATUS_QUEUED, world.jane))
    session = call.session_id.value
    equal(world.ear.next("voice_call").direction, c.CUSTOMER_EVENT_DIRECTION_OUTBOUND)
    world.ear.next("voice_call", lambda n: n.input.status == c.VOICE_CALL_STATUS_ANSWERED)
    say = c.SayCallAction(text="Press one", voice=c.TEXT_TO_SPEECH_VOICE_FEMALE)
    digits = c.GetDigitsCallAction(say=say, timeout=Duration(seconds=5), num_digits=Int32Value(value=1))
    done(answer(session, voice_call_actions=[c.VoiceCallAction(get_digits=digits)]))
    pressed = world.ear.next("voice_call", lambda n: n.input.HasField("dtmf_digits"))
    equal(pressed.input.dtmf_digits.value, "1")
    done(answer(session, voice_call_actions=[c.VoiceCallAction(say=c.SayCallAction(text="Goodbye"))]))
    over = world.ear.next("voice_call", lambda n: n.input.status == c.VOICE_CALL_STATUS_COMPLETED)
    equal(over.session_id, session)
    equal(answer(session, voice_call_actions=[c.VoiceCallAction(say=say)]).status, False)


@check("AdoptCustomerState")
def two_customers_become_one(world):
    other = world.state(customer_number=telco("+254711000002")).customer_id
    request = w.AdoptCustomerStateRequest(org_id=ORG, customer_id=world.jane, other_customer_id=other)
    equal(done(world.hera.AdoptCustomerState(request)).customer_id.value, world.jane)
    done(world.hera.AdoptCustomerState(request))  # Again is harmless (R-ADOPT-3).
    # The number means the survivor now. The old id is refused, and the reply names the survivor
    # (R-DECOM-1, R-DECOM-2).
    equal(world.state(customer_number=telco("+254711000002")).customer_id, world.jane)
    gone = world.hera.DeleteCustomerTag(w.DeleteCustomerTagRequest(org_id=ORG, customer_id=other, keys=["x"]))
    equal((gone.status, gone.customer_id.value, world.jane in gone.description), (False, world.jane, True))


def main():
    world = World()
    rpcs = {method.name for method in w.DESCRIPTOR.services_by_name["GrpcWebService"].methods}
    passed, failed = set(), set()
    for names, function in CHECKS:
        try:
            function(world)
            passed.update(names)
            print(f"ok      {', '.join(names)}: {function.__name__.replace('_', ' ')}")
        except Exception:  # Whatever it is, the others are tried all the same.
            failed.update(names)
            print(f"FAILED  {', '.join(names)}: {function.__name__.replace('_', ' ')}")
            traceback.print_exc(limit=2, file=sys.stdout)
    missing = rpcs - world.called
    failed |= missing
    print(f"{len(passed & rpcs - failed)} RPCs passed, {len(failed)} failed" + (f": {sorted(failed)}" if failed else ""))
    wanted = set(world.ear.heard) if world.ear else set()
    unheard = wanted - world.ear.kinds if world.ear else {"all"}
    print(f"{len(wanted) - len(unheard)} kinds of notifications heard, {len(unheard)} missing" + (f": {sorted(unheard)}" if unheard else ""))
    if len(rpcs) != 22 or len(wanted) != 10:
        print("the contract does not have 22 RPCs and ten kinds of notifications")
        return 1
    return 1 if failed or unheard else 0


if __name__ == "__main__":
    sys.exit(main())
