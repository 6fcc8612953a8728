//! Draws the card of the first start (R-CONSOLE-17): what this is, five keys, three words, and one thing that can
//! be tried without harm. On a hub that is real it says so instead. Where there is little room, the parts that
//! matter least are left out.

use super::{
    DrawContext, centred,
    draw_context::part,
    line_builder::{LineBuilder, wrapped},
};
use crate::{
    console::{actions::Action, app::App},
    model::Tone,
};
use crossterm::event::KeyCode;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

const WIDEST: u16 = 76;
const WHAT: &str =
    "What customers write, dial, call and pay comes in here as it happens, and you answer it.";
const WORDS: [(&str, &str); 3] = [
    ("LIVE", "the hub is heard: what happens is on the screen at once"),
    ("held", "a message waits some seconds, and can still be taken back"),
    ("waiting", "so many customers wait for an answer from a person"),
];
const REAL: &str =
    "This hub is real: what you send reaches people, and money that you move is money.";
const REPLAY: &str = "This is a replay of a file: nobody hears you, and nothing can be sent.";

/// Some lines of the card. Those with the lowest rank are left out first.
struct CardPart {
    rank: u8,
    lines: Vec<Line<'static>>,
}

/// Draws the card into the middle of the rows between the status line and the hints.
pub fn draw(app: &App, frame: &mut Frame, room: Rect, ctx: &DrawContext) {
    let width = room.width.min(WIDEST);
    let inside = usize::from(width.saturating_sub(4));
    let mut sections = sections(app, inside, ctx);
    let rows = |sections: &[CardPart]| {
        let blanks = sections.len().saturating_sub(1);
        sections.iter().map(|section| section.lines.len()).sum::<usize>() + blanks + 2
    };
    while rows(&sections) > usize::from(room.height) && sections.len() > 1 {
        let lowest = sections.iter().map(|section| section.rank).min();
        sections.retain(|section| Some(section.rank) != lowest);
    }
    let height = u16::try_from(rows(&sections)).unwrap_or(u16::MAX);
    let area = centred(room, width, height);
    let parts: Vec<_> = sections.into_iter().map(|section| section.lines).collect();
    let lines = parts.join(&Line::default());
    let block = Block::bordered()
        .title(" Welcome to switchboard ")
        .border_style(ctx.focus())
        .padding(ratatui::widgets::Padding::horizontal(1));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
    let button = Rect { y: area.bottom().saturating_sub(2), height: 1, ..area };
    ctx.zones.key(part(button, 2, BUTTON.len()), KeyCode::Enter);
}

const BUTTON: &str = "[ Enter: begin ]";

fn sections(app: &App, width: usize, ctx: &DrawContext) -> Vec<CardPart> {
    let key = |action| app.key_of(action);
    let keys = [
        (key(Action::Help), "what every key does where you are"),
        (
            format!("{} {}", key(Action::Up), key(Action::Down)),
            "choose a row, and with it a customer",
        ),
        (key(Action::Command(&crate::catalog::REPLY)), "answer the customer of that row"),
        (key(Action::FormReview), "show what would be sent, and to whom, before it is"),
        (key(Action::Palette), "find any action or customer by its name"),
    ];
    let row = |name: &str, words: &'static str, style: Style| {
        LineBuilder::new().own(format!("{name:<9}"), style).own(words, ctx.plain()).line()
    };
    let text = |words: &str, style: Style| {
        let line = |row| LineBuilder::new().safe(row, style).line();
        wrapped(words, width, 1_000).iter().map(line).collect()
    };
    let again = format!("  {} shows this card again", key(Action::Welcome));
    let button = LineBuilder::new().own(BUTTON, ctx.selected()).own(again, ctx.dim()).line();
    let mut sections = vec![
        CardPart { rank: 3, lines: text(WHAT, ctx.plain()) },
        CardPart {
            rank: 4,
            lines: keys.iter().map(|(name, words)| row(name, words, ctx.key())).collect(),
        },
    ];
    // Before the hub is heard nothing on the screen is live, and it is not known whether it is a sandbox.
    if let Some((words, tone)) = where_we_are(app) {
        let meaning = |(word, meaning): &(&str, &'static str)| row(word, meaning, ctx.title());
        sections.push(CardPart { rank: 1, lines: WORDS.iter().map(meaning).collect() });
        sections.push(CardPart { rank: 2, lines: text(&words, ctx.tone(tone)) });
    }
    sections.push(CardPart { rank: 5, lines: vec![button] });
    sections
}

/// What can be tried without harm, or why care is needed. `None` while it is not known which hub this is.
fn where_we_are(app: &App) -> Option<(String, Tone)> {
    let hello = app.connection().hello()?;
    if hello.replay.is_some() {
        return Some((REPLAY.to_owned(), Tone::Plain));
    }
    if !hello.sandbox {
        return Some((REAL.to_owned(), Tone::Bad));
    }
    let key = |action| app.key_of(action);
    let words = format!(
        "Try it: this is a sandbox, and everybody in it is simulated. Choose a message with {}, press {}, \
         write Habari, then {}; {} on the sheet sends it.",
        key(Action::Up),
        key(Action::Command(&crate::catalog::REPLY)),
        key(Action::FormReview),
        key(Action::ReviewSend),
    );
    Some((words, Tone::Plain))
}
