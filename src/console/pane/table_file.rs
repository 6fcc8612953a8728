//! A TOML file that is a list of tables of one kind, such as views or canned replies. A table that cannot be used is
//! off, with its line and a sentence, and the others work.

use serde::de::DeserializeOwned;

/// What is wrong with a table: the field, and why.
pub(super) type FieldProblem = (&'static str, String);

/// Reads such a file, whose tables are called `what`. The second part says in words, with the line, what could not be
/// used of it. `item` reads a table, and `clash` looks at those before it.
pub(super) fn read<F: DeserializeOwned, T>(
    text: &str,
    what: &str,
    tables: fn(F) -> Vec<toml::Value>,
    item: impl Fn(toml::Value) -> Result<T, FieldProblem>,
    clash: impl Fn(&[T], &T) -> Result<(), FieldProblem>,
) -> (Vec<T>, Vec<String>) {
    let file: F = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or(""));
            let line = before.matches('\n').count() + 1;
            return (Vec::new(), vec![format!("{line}: no {what} is used: {}", error.message())]);
        }
    };
    let (mut items, mut problems) = (Vec::new(), Vec::new());
    for (at, written) in tables(file).into_iter().enumerate() {
        let name = written.get("name").and_then(toml::Value::as_str).unwrap_or("without a name");
        let name = name.to_owned();
        let read = item(written).and_then(|item| clash(&items, &item).map(|()| item));
        match read {
            Ok(item) => items.push(item),
            Err((field, why)) => {
                let line = line_of(text, what, at, field);
                problems.push(format!("{line}: the {what} {name:?} is off: {why}"));
            }
        }
    }
    (items, problems)
}

/// The line of a field of the table with this number, or the one where the table begins.
fn line_of(text: &str, what: &str, table: usize, field: &str) -> usize {
    let lines = || text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start()));
    let own_kind = format!("[[{what}]]");
    let Some((start, _)) = lines().filter(|(_, line)| line.starts_with(&own_kind)).nth(table)
    else {
        return 1;
    };
    let own = lines().skip(start).take_while(|(_, line)| !line.starts_with("[["));
    let of_field = |line: &str| {
        line.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    own.clone().find(|(_, line)| of_field(line)).map_or(start, |(at, _)| at)
}
