//! Two users of the code of Element X: log in, room list, encrypted messages over sliding sync, and the notification extension of the phone,
//! which gets a poke with an event id, fetches the event, decrypts and shows it.
//!
//! Reads BELFRY_URL, BELFRY_PASSWORD and BELFRY_CLIENT_STORE. Prints a line for each step, and ends with 1 when a step fails.

#![recursion_limit = "512"]

mod app;
mod poke;

use std::{error::Error, time::Duration};

use app::App;
use matrix_sdk::ruma::{
    OwnedRoomId, events::AnySyncTimelineEvent, events::room::message::OriginalSyncRoomMessageEvent,
};
use matrix_sdk_ui::notification_client::{
    NotificationClient, NotificationEvent, NotificationProcessSetup, NotificationStatus,
};
use poke::PokeReceiver;

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 5;
const STEP: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut alice = App::log_in("alice").await?;
    let mut bob = App::log_in("bob").await?;
    println!("both are logged in, and the server claims sliding sync");
    let room_id = meet(&mut alice, &mut bob).await?;
    println!("the room lists show the encrypted room with both users");
    for round in 0..ROUNDS {
        tell(&alice, &mut bob, &room_id, &format!("alice: {round}")).await?;
        tell(&bob, &mut alice, &room_id, &format!("bob: {round}")).await?;
    }
    println!("{} messages were decrypted", 2 * ROUNDS);
    notify(&mut alice, &mut bob, &room_id).await?;
    invite(&alice, &mut bob).await
}

/// An encrypted room with both users, as soon as both room lists show it.
async fn meet(alice: &mut App, bob: &mut App) -> Outcome<OwnedRoomId> {
    let room_id = alice.create_encrypted_room("A meeting", bob.user_id()).await?;
    bob.until_invited(&room_id).await?;
    bob.client.join_room_by_id(&room_id).await?;
    for app in [&*alice, &*bob] {
        app.until_joined(&room_id, 2).await?;
    }
    Ok(room_id)
}

/// Sends a message, and waits until the other app has decrypted it.
async fn tell(from: &App, to: &mut App, room_id: &OwnedRoomId, text: &str) -> Outcome<()> {
    from.send(room_id, text).await?;
    to.until_read(text).await
}

/// The app is in the background and does not sync. The notification extension, a process of its own with the same stores, gets the pokes.
async fn notify(alice: &mut App, bob: &mut App, room_id: &OwnedRoomId) -> Outcome<()> {
    let mut pokes = PokeReceiver::start().await?;
    bob.set_pusher(pokes.url()).await?;
    bob.stop().await;
    // With a new session of the room's keys, the extension has to fetch the to-device message with the key too.
    let room = alice.client.get_room(room_id).ok_or("no room")?;
    for text in ["to the phone", "to the phone again"] {
        room.discard_room_key().await?;
        let sent = alice.send(room_id, text).await?;
        let poke = pokes.next(STEP).await?;
        if poke.event_id != sent {
            return Err(format!("poke for {}, but {sent} was sent", poke.event_id).into());
        }
        let body = show(bob, &poke).await?;
        if body != text {
            return Err(format!("the notification shows {body:?} instead of {text:?}").into());
        }
        println!("a poke arrived, and the notification extension shows the decrypted text");
    }
    bob.start().await;
    bob.until_read("to the phone again").await?;
    println!("the app continues with its stored position and reads the message");
    tell(bob, alice, room_id, "from the phone").await
}

/// The text of the notification that the extension shows for a poke.
async fn show(app: &App, poke: &poke::Poke) -> Outcome<String> {
    let extension = app.open_extension().await?;
    let notifications = NotificationClient::new(extension, NotificationProcessSetup::MultipleProcesses).await?;
    match notifications.get_notification(&poke.room_id, &poke.event_id).await? {
        NotificationStatus::Event(item) => match item.event {
            NotificationEvent::Timeline(event) => text_of(&event).ok_or_else(|| "the event was not decrypted".into()),
            NotificationEvent::Invite(invite) => Ok(format!("invited by {}", invite.sender)),
        },
        NotificationStatus::EventNotFound => Err("the extension did not find the event".into()),
        NotificationStatus::EventFilteredOut => Err("the extension filtered the event out".into()),
        NotificationStatus::EventRedacted => Err("the extension found the event redacted".into()),
    }
}

fn text_of(event: &AnySyncTimelineEvent) -> Option<String> {
    use matrix_sdk::ruma::events::{AnySyncMessageLikeEvent, SyncMessageLikeEvent};
    match event {
        AnySyncTimelineEvent::MessageLike(AnySyncMessageLikeEvent::RoomMessage(SyncMessageLikeEvent::Original(
            event,
        ))) => {
            let OriginalSyncRoomMessageEvent { content, .. } = event;
            Some(content.body().to_owned())
        }
        _ => None,
    }
}

/// An invitation can be had over sliding sync only: its event is forbidden to the invited user.
async fn invite(alice: &App, bob: &mut App) -> Outcome<()> {
    let mut pokes = PokeReceiver::start().await?;
    bob.set_pusher(pokes.url()).await?;
    bob.stop().await;
    let room_id = alice.create_encrypted_room("An invitation", bob.user_id()).await?;
    let poke = pokes.next(STEP).await?;
    if poke.room_id != room_id {
        return Err("the poke is for another room".into());
    }
    let shown = show(bob, &poke).await?;
    if shown != format!("invited by {}", alice.user_id()) {
        return Err(format!("the notification shows {shown:?}").into());
    }
    println!("the notification extension shows the invitation");
    Ok(())
}
