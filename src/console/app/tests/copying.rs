//! What `y` takes along, and where it goes.

use super::desk::Desk;
use crate::{
    console::{
        export::{ExportProgress, FileFormat},
        msg::{Effect, ExportNews, FileOrder, Msg},
    },
    model::Seq,
};
use std::path::PathBuf;

/// The text that a key takes along, and what it is called.
fn copied(effects: &[Effect]) -> (&'static str, &str) {
    let [Effect::Copy { what, text }] = effects else { panic!("{effects:?}") };
    (what, text)
}

#[test]
fn the_selected_row_is_taken_along_in_every_form() {
    let mut desk = Desk::open(120, 40);
    desk.says(0, "Bei ni ngapi?\u{1b}]52;c;ZXZpbA==\u{7}\u{202e}");
    desk.press("G");
    for (keys, what, has) in [
        ("y n", "number", "+254711000000"),
        ("y w", "customer's id", "el_cst_"),
        ("y i", "id", "el_msg_"),
        ("y m", "text", "Bei ni ngapi?"),
        ("y y", "row", "+254711000000"),
        ("y j", "JSON", "\"code\":\"MSG\""),
        ("y c", "command", "switchboard get el_cst_"),
    ] {
        let effects = desk.press(keys);
        let (called, text) = copied(&effects);
        assert_eq!(called, what, "{keys}");
        assert!(text.contains(has), "{keys}: {text}");
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{keys}: {text:?}");
    }
}

#[test]
fn it_says_which_way_a_text_went() {
    let mut desk = Desk::open(120, 40);
    let copied = |text: &str, by| Msg::Copied { what: "number", text: text.into(), by };
    assert_eq!(desk.send(copied("+254", Some("wl-copy"))), []);
    assert!(desk.screen().contains("number copied with wl-copy"), "{}", desk.screen());
    let asked = desk.send(copied("+254", None));
    assert_eq!(asked, [Effect::CopyByTerminal("+254".into())]);
    assert!(desk.screen().contains("sent to the terminal (OSC 52)"), "{}", desk.screen());
    assert_eq!(desk.send(copied(&"x".repeat(80_000), None)), []);
    assert!(desk.screen().contains("too long for the terminal"), "{}", desk.screen());
}

#[test]
fn what_there_is_not_is_said() {
    let mut desk = Desk::new(120, 40);
    assert_eq!(desk.press("y n"), []);
    assert!(desk.screen().contains("nothing is selected"), "{}", desk.screen());
    let mut desk = Desk::open(120, 40);
    desk.press("2");
    assert_eq!(desk.press("y m"), []);
    assert!(desk.screen().contains("has no text to copy"), "{}", desk.screen());
}

#[test]
fn the_command_of_a_sheet_is_copied_and_a_word_is_typed_all_the_same() {
    let mut desk = Desk::open(120, 40);
    desk.press("m");
    desk.types("Karibu");
    desk.press("ctrl-s");
    let effects = desk.press("y");
    let (what, text) = copied(&effects);
    assert_eq!(what, "command");
    assert!(text.starts_with("switchboard send ") && text.contains("Karibu"), "{text}");
}

#[test]
fn what_the_feed_shows_goes_to_a_file_and_can_be_stopped() {
    let mut desk = Desk::open(120, 40);
    desk.press("/");
    desk.types("type:msg");
    desk.press("enter");
    desk.press("y f");
    assert!(desk.screen().contains("CSV, masked"), "{}", desk.screen());
    let effects = desk.press("enter");
    let [Effect::Export(FileOrder { order, path })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((order.filter.text.as_str(), order.masked), ("type:msg", true));
    assert_eq!(order.format, FileFormat::Csv);
    assert_eq!(path.extension().and_then(|e| e.to_str()), Some("csv"));
    let progress =
        ExportProgress { events: 7, at: Seq(45), head: Seq(100), ..ExportProgress::default() };
    desk.send(Msg::Export(ExportNews::Progress(progress)));
    assert!(desk.screen().contains("export 45 %"), "{}", desk.screen());
    desk.press("y f");
    assert!(desk.screen().contains("stop the export"), "{}", desk.screen());
    assert_eq!(desk.press("enter"), [Effect::StopExport]);
    let late = ExportNews::Done { path: PathBuf::from("late.csv"), events: 9 };
    desk.send(Msg::Export(late));
    assert!(!desk.screen().contains("late.csv"), "it was stopped: {}", desk.screen());

    desk.press("y f");
    desk.press("down");
    let effects = desk.press("enter");
    assert!(matches!(&effects[..], [Effect::Export(_)]), "{effects:?}");
    let done = ExportNews::Done { path: PathBuf::from("/home/jo/talk.ndjson"), events: 1_204 };
    desk.send(Msg::Export(done));
    assert!(desk.screen().contains("1204 events are in /home/jo/talk.ndjson"), "{}", desk.screen());
    desk.press("y f");
    desk.press("enter");
    desk.send(Msg::Export(ExportNews::Failed("the disk is full".into())));
    assert!(desk.screen().contains("nothing was exported: the disk is full"), "{}", desk.screen());
}
