//! Answers to prompts. A prompt is answered once, in time, with the right kind of answer and by the app
//! that was asked (R-HOOK-1): a USSD session with a menu, a call with a plan. What an app may plan
//! (R-HOOK-3, R-HOOK-4) is checked here, and so is what a plan does to the call at once.

use super::{RuleResult, World, addressing, builder::DecisionBuilder, limits, ussd, voice};
use crate::model::{
    AppId, CallStatus, Channel, ChannelNumber, CustomerNumber, Direction, EventKind, HangupCause,
    OrgSettings, Prompt, Provider, Say, SessionId, Timestamp, UssdEnd, UssdMenu, VoiceAction,
    VoiceCall, receipt::state, segments::measure_menu,
};
use std::time::Duration;

use VoiceAction as A;

/// Answers a USSD or voice prompt (R-HOOK-1).
pub fn answer(
    builder: &mut DecisionBuilder<'_, '_>,
    session: &SessionId,
    menu: Option<&UssdMenu>,
    actions: &[VoiceAction],
) -> RuleResult {
    if menu.is_some() && !actions.is_empty() {
        return Err(state(false, "a menu or actions, not both", None));
    }
    let Some((customer, call)) = voice::find(builder.world, session) else {
        return shown(builder, session, menu);
    };
    let refuse = |why: String| state(false, why, Some(customer.id.clone()));
    if menu.is_some() {
        return Err(refuse("this is a call: it is answered with actions, not with a menu".into()));
    }
    waits(builder, call).map_err(refuse)?;
    let (kept, cut) = plan(builder.settings(), call, actions).map_err(refuse)?;
    let about = voice::about(customer, call, builder.actor());
    let kind = EventKind::CallPlanned { session: session.clone(), actions: kept.to_vec() };
    builder.push(&about, kind);
    match kept {
        [] => voice::hang_up(builder, &about, call, HangupCause::NormalClearing),
        [A::Reject] => voice::hang_up(builder, &about, call, HangupCause::CallRejected),
        _ => {
            for status in begins(call) {
                voice::step(builder, &about, call, *status);
            }
        }
    }
    let mut description = match kept {
        [] => "the call is over".to_owned(),
        [A::Reject] => "the call is rejected".to_owned(),
        _ => format!("{} accepted", limits::count(kept.len(), "action")),
    };
    if let (1.., Some(last)) = (cut, kept.last()) {
        let ignored = limits::count(cut, "action");
        description = format!("{description}, {ignored} after {} ignored", last.word());
    }
    Ok(state(true, description, Some(customer.id.clone())))
}

/// Answers a USSD prompt: shows the menu, if a phone can show all of it (R-TEXT-2).
fn shown(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &SessionId,
    menu: Option<&UssdMenu>,
) -> RuleResult {
    let found = ussd::find(builder, id);
    let (customer, session) = found.map_err(|_| state(false, format!("no session {id}"), None))?;
    let refuse = |why: &str| state(false, why, Some(customer.id.clone()));
    let Some(menu) = menu else {
        return Err(refuse("this is a USSD session: it is answered with a menu"));
    };
    let prompt = session.hops.last().filter(|_| session.awaits_menu());
    let Some(prompt) = prompt else {
        return Err(refuse("this session waits for no menu"));
    };
    if is_late(builder, &session.channel, prompt.at) {
        return Err(refuse("too late: the customer is no longer waiting for this menu"));
    }
    if let Some(owner) = foreign(builder, session.app.as_ref()) {
        return Err(refuse(&owner));
    }
    if menu.text.is_empty() {
        return Err(refuse("an empty menu"));
    }
    if let Some(why) = measure_menu(&menu.text).refusal() {
        return Err(refuse(&why));
    }
    let about = ussd::about(customer, session, builder.actor());
    ussd::show(builder, &about, id, menu.clone(), UssdEnd::Completed);
    Ok(state(true, "menu shown", Some(customer.id.clone())))
}

/// Whether a session or call waits for the answer to its prompt of that time.
pub fn is_open(world: &World, id: &SessionId, asked: Timestamp) -> bool {
    let Some(customer) = world.index.session(id).and_then(|id| world.by_id(&id)) else {
        return false;
    };
    let menu =
        customer.ussd.iter().rev().find(|session| session.id == *id).is_some_and(|session| {
            session.awaits_menu() && session.hops.last().is_some_and(|hop| hop.at == asked)
        });
    let plan = customer.calls.iter().rev().find(|call| call.id == *id).is_some_and(|call| {
        let last = call.hops.iter().rev().find(|hop| hop.prompt);
        call.awaits_plan() && last.is_some_and(|hop| hop.at == asked)
    });
    menu || plan
}

/// Checks that a call waits for a plan, and for one of the app that sends it.
fn waits(builder: &DecisionBuilder<'_, '_>, call: &VoiceCall) -> Result<(), String> {
    if call.status.is_final() {
        return Err("this call is over".into());
    }
    if !call.awaits_plan() {
        return Err("this call waits for no actions".into());
    }
    let asked = call.hops.iter().rev().find(|hop| hop.prompt);
    if asked.is_some_and(|hop| is_late(builder, &call.channel, hop.at)) {
        return Err("too late: the caller is no longer waiting for these actions".into());
    }
    foreign(builder, call.app.as_ref()).map_or(Ok(()), Err)
}

/// Whether nobody waits any more for the answer to a prompt of that time on this channel number (R-HOOK-1).
fn is_late(builder: &DecisionBuilder<'_, '_>, channel: &ChannelNumber, asked: Timestamp) -> bool {
    asked.after(builder.settings().prompt_window_on(channel)) <= builder.now()
}

/// Why the caller may not answer, naming the app that may; `None` if the session is the caller's own or
/// either side names no app.
fn foreign(builder: &DecisionBuilder<'_, '_>, owner: Option<&AppId>) -> Option<String> {
    let (asks, owner) = builder.app().zip(owner)?;
    (asks != *owner).then(|| format!("this session belongs to another app: {owner} can answer it"))
}

/// The statuses that a call goes through before the first action of its plan (R-CALL-2).
fn begins(call: &VoiceCall) -> &'static [CallStatus] {
    if call.status == CallStatus::Active {
        &[]
    } else if call.status == CallStatus::Ringing {
        &[CallStatus::Answered, CallStatus::Active]
    } else {
        &[CallStatus::Active]
    }
}

/// The actions that count, up to the first that ends the plan, and how many after it
/// are ignored (R-HOOK-3).
fn plan<'a>(
    settings: &OrgSettings,
    call: &VoiceCall,
    actions: &'a [VoiceAction],
) -> Result<(&'a [VoiceAction], usize), String> {
    if actions.len() > limits::ACTIONS {
        return Err(format!("a plan has {} actions at most", limits::ACTIONS));
    }
    let end = actions.iter().position(VoiceAction::ends_plan).map_or(actions.len(), |n| n + 1);
    let (kept, ignored) = actions.split_at(end);
    for (n, action) in kept.iter().enumerate() {
        let unanswered = call.direction == Direction::Inbound && call.status == CallStatus::Ringing;
        if *action == A::Reject && (n > 0 || !unanswered) {
            return Err("only a call that rings can be rejected, and by the first action".into());
        }
        complete(settings, action).map_err(|why| format!("{}: {why}", action.word()))?;
    }
    if settings.carrier_of(&call.channel).is_some() {
        carried(kept)?;
    }
    Ok((kept, ignored.len()))
}

/// Checks that a real network can do all of a plan. What it cannot do is refused and not left out, because a recording
/// that is not made cannot be made later (R-CARRY-25).
fn carried(plan: &[VoiceAction]) -> Result<(), String> {
    let records_more = plan.iter().rev().skip(1).any(|action| *action == A::RecordSession);
    if records_more {
        return Err("this network does nothing more once it records the rest of a call: \
                    record_session must be the last action"
            .to_owned());
    }
    if plan.iter().any(|action| matches!(action, A::Dequeue { record: true, .. })) {
        return Err("this network cannot record a conversation with somebody from a queue: \
                    dequeue without record"
            .to_owned());
    }
    // The network separates numbers by commas.
    let is_cut = |to: &CustomerNumber| to.number.contains([',', ' ', '\t', '\n']);
    let are_cut = |action: &VoiceAction| match action {
        A::Dial { numbers, .. } => numbers.iter().any(is_cut),
        A::Say(_)
        | A::Play(_)
        | A::GetDigits { .. }
        | A::RecordSession
        | A::GetRecording { .. }
        | A::Enqueue { .. }
        | A::Dequeue { .. }
        | A::Reject
        | A::Redirect(_) => false,
    };
    if plan.iter().any(are_cut) {
        return Err("dial: no number may have a comma or blank in it".to_owned());
    }
    Ok(())
}

/// Checks that an action has all that it needs, within the limits (R-HOOK-4).
fn complete(settings: &OrgSettings, action: &VoiceAction) -> Result<(), String> {
    match action {
        A::Say(say) => spoken(say),
        A::Play(url) | A::Redirect(url) => address(url),
        A::GetDigits { prompt, timeout, finish_on_key, num_digits } => {
            asked(prompt.as_ref())?;
            patient(*timeout)?;
            key(finish_on_key.as_deref())?;
            positive("number of keys", *num_digits)
        }
        A::GetRecording { prompt, timeout, max_length, finish_on_key, .. } => {
            asked(prompt.as_ref())?;
            patient(*timeout)?;
            key(finish_on_key.as_deref())?;
            if *max_length > limits::CALL_LENGTH {
                return Err("no recording is as long as that".into());
            }
            Ok(())
        }
        A::Dial { numbers, ringback_tone, caller_id, max_duration, .. } => {
            if numbers.is_empty() || numbers.len() > limits::DIALLED {
                return Err(format!("1 to {} numbers are dialled", limits::DIALLED));
            }
            for number in numbers {
                limits::number(number)?;
                if !matches!(number.provider, Provider::Telco | Provider::Unspecified) {
                    return Err(format!("{number} cannot be called"));
                }
            }
            ringback_tone.as_deref().map_or(Ok(()), address)?;
            caller_id.as_deref().map_or(Ok(()), |id| limits::word("caller id", id))?;
            positive("duration", *max_duration)
        }
        A::Enqueue { hold_music, queue_name } => {
            hold_music.as_deref().map_or(Ok(()), address)?;
            queue(queue_name.as_deref())
        }
        A::Dequeue { channel, queue_name, .. } => {
            if channel.channel != Channel::Voice {
                return Err("a queue is one of the org's voice numbers'".into());
            }
            addressing::registered(settings, channel)?;
            queue(queue_name.as_deref())
        }
        A::RecordSession | A::Reject => Ok(()),
    }
}

fn asked(prompt: Option<&Prompt>) -> Result<(), String> {
    match prompt {
        Some(Prompt::Say(say)) => spoken(say),
        Some(Prompt::Play(url)) => address(url),
        None => Err("nothing is said or played first".into()),
    }
}

fn spoken(say: &Say) -> Result<(), String> {
    if say.text.trim().is_empty() {
        return Err("no text".into());
    }
    if say.text.chars().nth(limits::SPOKEN_CHARS).is_some() {
        return Err(format!("a text longer than {} characters", limits::SPOKEN_CHARS));
    }
    Ok(())
}

fn address(url: &str) -> Result<(), String> {
    if url.trim().is_empty() {
        return Err("no address".into());
    }
    if url.len() > limits::URL_BYTES {
        return Err(format!("an address longer than {} bytes", limits::URL_BYTES));
    }
    Ok(())
}

fn patient(timeout: Duration) -> Result<(), String> {
    let (least, most) = limits::TIMEOUT;
    if timeout < least || timeout > most {
        return Err(format!("a timeout is {} to {} s", least.as_secs(), most.as_secs()));
    }
    Ok(())
}

fn key(finish_on: Option<&str>) -> Result<(), String> {
    match finish_on {
        Some(key) if key.len() > 1 || !key.chars().all(|c| "0123456789*#".contains(c)) => {
            Err("the key that ends it is one of 0 to 9, * and #".into())
        }
        _ => Ok(()),
    }
}

fn positive(what: &str, n: Option<i32>) -> Result<(), String> {
    match n {
        Some(n) if n < 1 => Err(format!("a {what} below 1")),
        _ => Ok(()),
    }
}

fn queue(name: Option<&str>) -> Result<(), String> {
    match name {
        Some(name) if name.chars().nth(limits::WORD_CHARS).is_some() => {
            Err(format!("a queue name longer than {} characters", limits::WORD_CHARS))
        }
        _ => Ok(()),
    }
}
