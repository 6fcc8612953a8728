//! A customer's state: a handle, tags, a secondary id, typed metadata, a lease for reading,
//! changing and writing a value, and the merge of two customers who are one person. Run it with
//! `cargo run --example state`.

mod desk;

use desk::Outcome;
use serde::{Deserialize, Serialize};
use switchboard::{
    Customer,
    model::{CustomerNumber, Provider, SecondaryId, Tag},
    sdk::Error,
};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Cart {
    items: Vec<String>,
}

#[tokio::main]
async fn main() -> Outcome {
    let desk = desk::open("helpdesk").await?;

    // A number that was never seen becomes a customer when their state is read (R-ADDR-1).
    let mut jane = Customer::new(&desk.client, CustomerNumber::telco("+254700000001"))?;
    jane.get_state().await?;
    println!("Jane is {:?}", jane.id());

    jane.update_tag([Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() }]).await?;
    let passport = SecondaryId { key: "passport".into(), value: "808083".into() };
    jane.update_secondary_id([passport.clone()]).await?;

    // The lease keeps others from leasing the value until it is written, for 90 s at most
    // (D-LEASE).
    let lease = jane.lease_metadata("cart").await?;
    let mut cart: Cart = lease.read(desk.client.serializer())?.unwrap_or_default();
    cart.items.push("maize flour".into());
    jane.write_metadata("cart", &cart).await?;

    // The same person wrote on Telegram. A dry run shows what the merge would do, and then they are
    // merged.
    let mut other = Customer::new(&desk.client, CustomerNumber::new(Provider::Telegram, "jane_w"))?;
    other.get_state().await?;
    let outlook = jane.adopt_state(&other).dry_run().await?;
    println!("the merge has {} rows", outlook.merge.map_or(0, |merge| merge.rows.len()));
    println!("{}", jane.adopt_state(&other).await?.description);

    // The id that was merged away is refused, and the error names the id that remains (R-DECOM-1).
    let gone = Customer::new(&desk.client, other.id().cloned().unwrap_or_default())?;
    match gone.delete_tag(["tier"]).await {
        Err(Error::Refused(why)) => println!("{why}"),
        other => return Err(format!("a decommissioned id was accepted: {other:?}").into()),
    }

    // Everything can be found by the secondary id too.
    let mut found = Customer::new(&desk.client, passport)?;
    let state = found.get_state().await?;
    let cart: Option<Cart> = found.read_metadata("cart")?;
    println!("{} numbers, {} tags, {cart:?}", state.numbers.len(), state.tags.len());

    desk.close().await;
    Ok(())
}
