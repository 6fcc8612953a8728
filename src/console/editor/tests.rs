//! What goes to an editor, and what comes back (R-CONSOLE-25). The editors are lines of shell.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

fn order(text: &str) -> EditOrder {
    EditOrder { call: "sb-1".into(), field: "text", text: text.to_owned(), room: 4096 }
}

/// What a program makes of a text, and the files that it leaves.
async fn edited(program: &str, order: EditOrder) -> (Result<EditedText, String>, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = EditorPlace { program: program.to_owned(), folder: folder.path().to_owned() };
    let mut editor = RunningEditor::start(&place, order).expect("a shell");
    let Msg::Edited { call, field, result } = editor.ended().await else { panic!("no answer") };
    assert_eq!((call.as_str(), field), ("sb-1", "text"));
    let left: Vec<_> =
        fs::read_dir(&place.folder).expect("a folder").flatten().map(|file| file.path()).collect();
    assert_eq!(place.left().is_some(), !left.is_empty());
    (result, left)
}

fn text(text: &str) -> EditedText {
    EditedText { text: text.to_owned(), whole: None }
}

#[tokio::test]
async fn r_console_25_what_was_written_comes_back_and_no_file_stays() {
    let (result, left) = edited("printf 'Karibu!\\nBei ya leo.\\n' >", order("old")).await;
    assert_eq!((result, left), (Ok(text("Karibu!\nBei ya leo.")), vec![]));
    // A program that writes nothing changes nothing, not even an empty line at the end.
    for before in ["", "Habari", "Habari\n", "Habari\n\n"] {
        let (result, left) = edited("true", order(before)).await;
        assert_eq!((result, left), (Ok(text(before)), vec![]), "{before:?}");
    }
    // Arguments are the program's own, and what the agent has written is none.
    let (result, _) = edited("sed -i -e s/Habari/Salamu/", order("Habari $HOME `id`")).await;
    assert_eq!(result, Ok(text("Salamu $HOME `id`")));
    let (result, _) = edited("printf 'a\\r\\nb\\r\\n' >", order("old")).await;
    assert_eq!(result, Ok(text("a\r\nb")));
    let (result, _) = edited("printf 'Caf\\351\\n' >", order("old")).await;
    assert_eq!(result, Ok(text("Caf\u{fffd}")), "what is no UTF-8 is seen");
}

#[tokio::test]
async fn r_console_25_an_editor_that_fails_changes_nothing_and_loses_nothing() {
    let (result, left) = edited("exit 3;", order("old")).await;
    let words = result.expect_err("it failed");
    assert!(words.contains("exit status: 3: the text is as before"), "{words}");
    assert!(left.is_empty(), "the file had nothing new");
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_owned();
    let place = EditorPlace { program: "no-such-editor --wait".into(), folder };
    assert!(RunningEditor::start(&place, order("old")).is_err());
    assert_eq!(place.left(), None);
    let script = "f() { echo new > \"$1\"; exit 1; }; f";
    let (result, left) = edited(script, order("old")).await;
    let words = result.expect_err("it failed");
    assert!(words.contains("what was written is in"), "{words}");
    assert_eq!(left.len(), 1);
    let (result, _) = edited("rm", order("old")).await;
    let words = result.expect_err("the file is gone");
    assert!(words.contains("cannot be read from"), "{words}");
}

#[tokio::test]
async fn r_console_25_what_does_not_fit_stays_in_its_file() {
    let few = EditOrder { room: 3, ..order("old") };
    let (result, left) = edited("printf 'four\\n' >", few).await;
    let result = result.expect("it ended well");
    assert_eq!((result.text.as_str(), result.whole.as_ref()), ("four", left.first()));
    let (result, left) = edited("f() { head -c 3000000 /dev/zero > \"$1\"; }; f", order("")).await;
    assert!(result.is_ok_and(|edited| edited.whole.is_some()));
    assert_eq!(left.len(), 1, "there is more than was read");
}

#[tokio::test]
async fn r_console_25_only_its_owner_reads_the_file_and_a_stopped_editor_leaves_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let states = folder.path().join("state");
    for (script, stays) in
        [("exec sleep 60 #", false), ("f() { echo new > \"$1\"; exec sleep 60; }; f", true)]
    {
        let place = EditorPlace { program: script.to_owned(), folder: states.clone() };
        let editor = RunningEditor::start(&place, order("old")).expect("a shell");
        let path = editor.path.clone();
        assert_eq!(fs::metadata(&states).expect("a file").permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        while stays && fs::read_to_string(&path).expect("a file") != "new\n" {
            tokio::task::yield_now().await;
        }
        editor.stop().await;
        assert_eq!(path.exists(), stays);
        assert_eq!(place.left().is_some(), stays);
    }
}
