//! Asks whom a work by tag has reached, a piece at a time, and writes them to a file.

use super::super::{
    export::people,
    msg::{Msg, PIECE, PeopleNews, PeopleOrder, PeopleQuestion},
};
use crate::sdk::{Client, Error};

/// A piece of the people of a work.
pub(super) async fn piece(client: Client, question: PeopleQuestion) -> Msg {
    let PeopleQuestion { work, outcome, after } = &question;
    let result = client.recipients(work, *outcome, after, PIECE).await;
    Msg::People(PeopleNews::Piece { question, result })
}

/// Writes all people of a work, or all with one outcome, to a new file.
pub(super) async fn written(client: Client, order: PeopleOrder) -> Msg {
    let result = write(&client, &order).await;
    Msg::People(PeopleNews::Written { path: order.path, result })
}

async fn write(client: &Client, order: &PeopleOrder) -> Result<usize, String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.recipients(&order.work, order.outcome, &after, PIECE).await;
        let (mut page, next) = page.map_err(|error: Error| error.to_string())?;
        all.append(&mut page);
        if next.is_empty() {
            break;
        }
        after = next;
    }
    let (path, format) = (order.path.clone(), order.format);
    let written = tokio::task::spawn_blocking(move || {
        people::to_file(&all, format, &path).map(|()| all.len()).map_err(|why| why.to_string())
    });
    written.await.map_err(|error| error.to_string())?
}
